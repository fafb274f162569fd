package io.jbox.facts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HardwareAddressTest {
    @Test
    void isTheSameForTheSameBoxAndAnotherForOthers() {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 20_000; i++) {
            String address = HardwareAddress.of(null, "machine box" + i + " 0");
            assertThat(address).isEqualTo(HardwareAddress.of(null, "machine box" + i + " 0"));
            assertThat(address).matches("02(:[0-9a-f]{2}){5}");
            seen.add(address);
        }
        assertThat(seen).hasSize(20_000);
    }

    @Test
    void keepsWhatIsWrittenAndIsNeverAGroups() {
        for (int i = 0; i < 1_000; i++) {
            assertThat(HardwareAddress.of("00:16:3E:xx:xx:0e", "seed" + i))
                    .matches("00:16:3e:[0-9a-f]{2}:[0-9a-f]{2}:0e");
            String any = HardwareAddress.of("xx:xx:xx:xx:xx:xx", "seed" + i);
            assertThat(HardwareAddress.bytes(any)[0] & 1).as(any).isZero();
        }
    }
}
