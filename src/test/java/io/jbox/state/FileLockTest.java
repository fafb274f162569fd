package io.jbox.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLockTest {
    @Test
    void whoAsksLearnsWhetherItIsHeldAndLeavesEveryDescriptorAsItIs(@TempDir Path folder) throws IOException {
        Kernel kernel = NativeKernel.open();
        String path = folder.resolve("lock").toString();
        Map<String, String> before = descriptors();

        assertThat(FileLock.isHeld(kernel, path)).isFalse();
        try (FileLock lock = new FileLock(kernel, path)) {
            assertThat(FileLock.isHeld(kernel, path)).isTrue();
        }
        assertThat(FileLock.isHeld(kernel, path)).isFalse();

        assertThat(descriptors()).isEqualTo(before);
    }

    /** The first ones: the JVM may open others meanwhile. */
    private static Map<String, String> descriptors() throws IOException {
        Map<String, String> open = new TreeMap<>();
        for (String number : new String[] {"0", "1", "2"}) {
            Path link = Path.of("/proc/self/fd", number);
            open.put(
                    number,
                    Files.isSymbolicLink(link) ? Files.readSymbolicLink(link).toString() : "");
        }
        return open;
    }
}
