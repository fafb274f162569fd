package io.jbox.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.config.BadValueException;
import io.jbox.config.Bridge;
import io.jbox.config.IpPrefix;
import io.jbox.config.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The text that nft reads; HostBridgeIT has what becomes of it. */
class NftScriptTest {
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
        assertThat(NftScript.of(List.of(), 1000)).isEqualTo("table inet jbox {}\ndelete table inet jbox\n");
    }

    @Test
    void boxesGetOutAndNobodyGetsIn() throws BadValueException {
        assertThat(NftScript.of(List.of(bridge("br0", "10.0.4.1/24", "fd00::1/64", true)), 1000))
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

        assertThat(NftScript.of(bridges, 1000).lines().filter(line -> line.contains("lab0")))
                .containsExactly(
                        "    iifname \"lab0\" ct state new add @sources_ip { ip saddr ct count over 1000 } drop",
                        "    iifname \"lab0\" ct state new add @sources_ip6 { ip6 saddr ct count over 1000 } drop");
        assertThat(NftScript.of(bridges, 1000)).doesNotContain("10.30.0");
    }

    @Test
    void aKernelThatCannotCountIsNotAskedTo() throws BadValueException {
        assertThat(NftScript.of(List.of(bridge("br0", "10.0.4.1/24", null, true)), 0))
                .doesNotContain("ct count", "sources_", "chain connections")
                .contains("oifname \"br0\" drop", "masquerade");
    }
}
