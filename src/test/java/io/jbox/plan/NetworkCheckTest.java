package io.jbox.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.config.Config;
import io.jbox.problem.Problem;
import io.jbox.schema.TestConfigs;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What cannot be on a host is said with its line and column, before anything is made. */
class NetworkCheckTest {
    private static List<Problem> problems(String net) {
        Config config = TestConfigs.of("rootfs: {path: /r}\nnet:\n  - " + net + "\n");
        List<Problem> problems = new ArrayList<>();
        new NetworkCheck(config, TestNetwork.of(config.net()), problems).check();
        return problems;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {type: veth, link: br9}                                          | 3:24 | link br9: there is no such interface
            {type: veth, link: nic0}                                         | 3:24 | link nic0: is not a bridge
            {type: phys, link: nic9}                                         | 3:24 | link nic9: is in box borrower
            {type: phys, link: port0}                                        | 3:24 | link port0: is busy as a port of lan0
            {type: phys, link: lan0}                                         | 3:24 | link lan0: is a bridge and cannot move
            {type: phys, link: nic0, mtu: 9500}                              | 3:35 | mtu 9500: is not from 68 to 9000
            {type: macvlan, link: nic0, mtu: 1501}                           | 3:38 | mtu 1501: is not from 68 to 1500: nic0 has 1500
            {type: veth, mtu: 600, ipv6: {address: fd00::5/64}}              | 3:23 | mtu 600: IPv6 needs 1280
            {type: veth, link: jboxbr0, ipv4: {address: 10.0.4.1/24}}        | 3:49 | address 10.0.4.1: belongs to the bridge
            {type: veth, link: jboxbr0, ipv4: {address: 10.0.4.66/24}}       | 3:49 | address 10.0.4.66: belongs to box other
            {type: veth, link: jboxbr0, ipv4: {address: 10.0.4.0/24}}        | 3:49 | address 10.0.4.0/24: is the network's own
            {type: veth, link: jboxbr0, ipv4: {address: 10.0.4.255/24}}      | 3:49 | address 10.0.4.255/24: is the network's broadcast address
            {type: veth, link: jboxbr0, ipv4: {address: 224.0.0.1/4}}        | 3:49 | address 224.0.0.1/4: is not a host address
            {type: veth, link: jboxbr0, ipv6: {address: ff02::1/64}}         | 3:49 | address ff02::1/64: is a multicast address
            {type: veth, ipv4: {address: [10.1.0.2/24, 10.1.0.2/24]}}        | 3:48 | address 10.1.0.2: is given twice
            {type: veth, flags: up, ipv4: {address: 10.1.0.2/24, gateway: 10.2.0.1}} | 3:67 | gateway 10.2.0.1: is in no network of the interface's addresses
            {type: veth, flags: up, ipv4: {address: 10.1.0.2/24, gateway: 10.1.0.2}} | 3:67 | gateway 10.1.0.2: is the box's own address
            {type: veth, link: lan0, flags: up, ipv4: {gateway: auto}}       | 3:57 | gateway auto: the link has no IPv4 address
            """)
    void namesTheLine(String net, String place, String message) {
        assertThat(problems(net))
                .extracting(problem -> problem.place() + " " + problem.message())
                .containsExactly("test.yaml:" + place + " net: " + message);
    }

    @Test
    void takesWhatIsGood() {
        assertThat(problems(
                        "{type: veth, link: jboxbr0, flags: up, ipv4: {address: [10.0.4.2/24, 10.9.0.1/30 10.9.0.3],"
                                + " gateway: auto}, ipv6: {address: fd00::2/64, gateway: fe80::1}}"))
                .isEmpty();
        assertThat(problems("{type: phys, link: nic0, name: lan, mtu: 9000}")).isEmpty();
        assertThat(problems("{type: macvlan, link: nic0, macvlan: {mode: vepa}}"))
                .isEmpty();
    }

    @Test
    void twoInterfacesOfABoxHaveTwoNames() {
        assertThat(problems("{type: veth, name: a}\n  - {type: veth, name: a}"))
                .extracting(Problem::message)
                .containsExactly("net: name a is taken by another interface of the box");
        assertThat(problems("{type: phys, link: nic0, name: a}\n  - {type: phys, link: nic0, name: b}"))
                .extracting(Problem::message)
                .containsExactly("net: link nic0: is used by two interfaces of the box");
    }
}
