package io.jbox.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Networks of addresses; ConfigErrorTest has what is no address. */
class IpPrefixTest {
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
        assertThat(IpPrefix.parse(address, family, false).network()).isEqualTo(network);
    }
}
