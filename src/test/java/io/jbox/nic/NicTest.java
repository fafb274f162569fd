package io.jbox.nic;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.netlink.Link;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an interface is known by when a box has had it: never by its name. */
class NicTest {
    private static Nic nic(String kind, String permanent) {
        return new Nic(
                "eth1",
                List.of(),
                new Nic.Location("1", 3, 4),
                new Nic.Identity(kind, "020000000001", permanent, 0, -1),
                new Nic.Settings(1500, 1000, 0, 0, ""),
                List.of(),
                List.of());
    }

    private static Link link(String kind, @Nullable String permanent, String address) {
        Link named = Link.named("renamed");
        return new Link(
                9,
                named.name(),
                List.of(),
                0,
                kind,
                new Link.Hwaddr(
                        HexFormat.of().parseHex(address),
                        permanent == null ? null : HexFormat.of().parseHex(permanent)),
                named.mtu(),
                named.attachment(),
                named.settings(),
                named.counters());
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "null",
            value = {
                // hardware: by the address that it came with
                "'', 020000000001, '', 020000000001, true",
                "'', 020000000001, '', 020000000002, false",
                "'', 020000000001, '', null, false",
                "'', 020000000001, veth, 020000000001, false",
                // what has none is like any other of its kind
                "veth, '', veth, null, true",
                "veth, '', veth, '', true",
                "veth, '', veth, 020000000001, false",
                "veth, '', macvlan, null, false",
                "'', '', '', null, true",
            })
    void canBeWhatHasItsKindAndPermanentAddress(
            String kind, String permanent, String itsKind, @Nullable String itsPermanent, boolean can) {
        assertThat(nic(kind, permanent).canBe(link(itsKind, itsPermanent, "020000000001")))
                .isEqualTo(can);
    }

    @Test
    void theAddressThatCanBeChangedIsOnlyAHint() {
        assertThat(nic("veth", "").hasAddressOf(link("veth", null, "020000000001")))
                .isTrue();
        assertThat(nic("veth", "").hasAddressOf(link("veth", null, "020000000002")))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({"dummy, true", "ifb, true", "veth, false", "macvlan, false", "tun, false", "'', false"})
    void onlyWhatCarriesNothingIsAlone(String kind, boolean alone) {
        assertThat(nic(kind, "").isAlone()).isEqualTo(alone);
    }

    @Test
    void whatIsKnownLaterChangesNothingElse() {
        Nic nic = nic("veth", "");

        assertThat(nic.in(7).location().inside()).isEqualTo(7);
        assertThat(nic.in(7).in(nic.location().inside())).isEqualTo(nic);
    }

    @ParameterizedTest
    @CsvSource({
        "eth1, '', eth1: is back, true",
        "eth1_1, '', 'eth1: is back as eth1_1, because its name is taken', false",
        "eth1, without mtu, 'eth1: is back, without mtu', false",
        "'', is not in any network that can be found, eth1: is not in any network that can be found, false"
    })
    void aHomecomingSaysWhatIsNotAsItWas(String name, String note, String said, boolean whole) {
        Homecoming homecoming = new Homecoming("eth1", name, note);

        assertThat(homecoming.describe()).isEqualTo(said);
        assertThat(homecoming.isWhole()).isEqualTo(whole);
    }
}
