package io.jbox.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IpAddressTest {
    @ParameterizedTest
    @CsvSource({
        "::, ::",
        "::1, ::1",
        "2001:DB8:0:0:1::1, 2001:db8::1:0:0:1",
        "fe80::0001, fe80::1",
        "::ffff:10.0.0.1, ::ffff:a00:1",
        "1:2:3:4:5:6:7:8, 1:2:3:4:5:6:7:8",
        "1:0:3:4:5:6:7:8, 1:0:3:4:5:6:7:8",
        "10.0.4.255, 10.0.4.255"
    })
    void readsAndWrites(String text, String canonical) throws UnknownHostException {
        assertThat(IpAddress.format(IpAddress.parse(text))).isEqualTo(canonical);
        if (text.indexOf('.') < 0) {
            assertThat(IpAddress.parse(text))
                    .isEqualTo(InetAddress.getByName(text).getAddress());
        }
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        Random random = new Random(6);
        for (int i = 0; i < 10_000; i++) {
            byte[] bytes = new byte[i % 2 == 0 ? 4 : 16];
            random.nextBytes(bytes);
            for (int j = 0; j < bytes.length; j++) {
                bytes[j] = random.nextInt(3) == 0 ? 0 : bytes[j];
            }
            assertThat(IpAddress.parse(IpAddress.format(bytes))).isEqualTo(bytes);
        }
    }

    @Test
    void computesBroadcastsAndNetworks() throws BadValueException {
        assertThat(IpPrefix.parse("10.0.4.2/24", 4, false).broadcastBytes()).isEqualTo(IpAddress.parse("10.0.4.255"));
        assertThat(IpPrefix.parse("10.0.4.2/22", 4, false).broadcastBytes()).isEqualTo(IpAddress.parse("10.0.7.255"));
        assertThat(IpPrefix.parse("10.0.4.2/31", 4, false).broadcastBytes()).isNull();
        assertThat(IpPrefix.parse("192.168.1.2", 4, false).length()).isEqualTo(24);
        assertThat(IpPrefix.parse("fd00::2", 6, false).length()).isEqualTo(64);
        assertThat(IpPrefix.parse("192.168.1.2", 4, true).length()).isEqualTo(32);
        assertThat(IpPrefix.parse("10.0.4.2/22", 4, false).contains(IpAddress.parse("10.0.7.9")))
                .isTrue();
        assertThat(IpPrefix.parse("10.0.4.2/22", 4, false).contains(IpAddress.parse("10.0.8.9")))
                .isFalse();
    }
}
