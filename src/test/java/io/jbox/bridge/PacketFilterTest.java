package io.jbox.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.config.BadValueException;
import io.jbox.config.Bridge;
import io.jbox.config.IpPrefix;
import io.jbox.config.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The text that nft reads; HostBridgeIT has what becomes of it. */
class PacketFilterTest {
    private static Bridge bridge(String name, String ipv4, @Nullable String ipv6, boolean nat)
            throws BadValueException {
        return new Bridge(
                name,
                Value.ofDefault(IpPrefix.parse(ipv4, IpPrefix.V4, false)),
                ipv6 == null ? null : Value.ofDefault(IpPrefix.parse(ipv6, IpPrefix.V6, false)),
                1500,
                nat,
                true,
                "jbox");
    }

    @Test
    void withoutBridgesTheTableGoes() {
        assertThat(PacketFilter.script(List.of(), 1000)).isEqualTo("table inet jbox {}\ndelete table inet jbox\n");
    }

    @Test
    void boxesGetOutAndNobodyGetsIn() throws BadValueException {
        assertThat(PacketFilter.script(List.of(bridge("br0", "10.0.4.1/24", "fd00::1/64", true)), 1000))
                .isEqualTo("""
                table inet jbox {}
                delete table inet jbox
                table inet jbox {
                  set sources_ip {
                    type ipv4_addr
                    size 65535
                    flags dynamic
                  }
                  set sources_ip6 {
                    type ipv6_addr
                    size 65535
                    flags dynamic
                  }
                  chain connections {
                    type filter hook prerouting priority filter; policy accept;
                    iifname "br0" ct state new add @sources_ip { ip saddr ct count over 1000 } drop
                    iifname "br0" ct state new add @sources_ip6 { ip6 saddr ct count over 1000 } drop
                  }
                  chain forward {
                    type filter hook forward priority filter; policy accept;
                    oifname "br0" iifname "br0" accept
                    oifname "br0" ct state established,related accept
                    oifname "br0" ct status dnat accept
                    oifname "br0" drop
                  }
                  chain postrouting {
                    type nat hook postrouting priority srcnat; policy accept;
                    ip saddr 10.0.4.0/24 ip daddr != 10.0.4.0/24 masquerade
                    ip6 saddr fd00::/64 ip6 daddr != fd00::/64 masquerade
                  }
                }
                """);
    }

    /** One without NAT is reached by its addresses; its connections are counted all the same. */
    @Test
    void aBridgeWithoutNatIsNotClosed() throws BadValueException {
        List<Bridge> bridges =
                List.of(bridge("br0", "10.0.4.1/24", null, true), bridge("lab0", "10.30.0.1/24", null, false));

        assertThat(PacketFilter.script(bridges, 1000).lines().filter(line -> line.contains("lab0")))
                .containsExactly(
                        "    iifname \"lab0\" ct state new add @sources_ip { ip saddr ct count over 1000 } drop",
                        "    iifname \"lab0\" ct state new add @sources_ip6 { ip6 saddr ct count over 1000 } drop");
        assertThat(PacketFilter.script(bridges, 1000)).doesNotContain("10.30.0");
    }

    @Test
    void aKernelThatCannotCountIsNotAskedTo() throws BadValueException {
        assertThat(PacketFilter.script(List.of(bridge("br0", "10.0.4.1/24", null, true)), 0))
                .doesNotContain("ct count", "sources_", "chain connections")
                .contains("oifname \"br0\" drop", "masquerade");
    }

    @ParameterizedTest
    @CsvSource({
        "4, 10.0.4.1/24, 10.0.4.0/24",
        "4, 10.0.7.255/22, 10.0.4.0/22",
        "4, 10.0.4.129/25, 10.0.4.128/25",
        "4, 10.0.4.1/32, 10.0.4.1/32",
        "4, 10.0.4.1/0, 0.0.0.0/0",
        "6, fd4a:b0c5:ffff::1/33, fd4a:b0c5:8000::/33",
        "6, ::1/128, ::1/128",
        "6, ffff::/1, 8000::/1",
    })
    void theNetworkOfAnAddressHasNoBitsBehindItsPrefix(int family, String address, String network)
            throws BadValueException {
        assertThat(PacketFilter.network(IpPrefix.parse(address, family, false))).isEqualTo(network);
    }
}
