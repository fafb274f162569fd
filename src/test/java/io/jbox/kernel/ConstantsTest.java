package io.jbox.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Our numbers against those of the headers, where the machine has them (linux-libc-dev). */
class ConstantsTest {
    private static final Path X86 = Path.of("/usr/include/x86_64-linux-gnu/asm/unistd_64.h");
    private static final Path GENERIC = Path.of("/usr/include/asm-generic/unistd.h");
    private static final Pattern DEFINE = Pattern.compile("#define __NR(?:3264)?_(\\w+) (\\d+)");

    @Test
    void everySystemCallHasTheNumberOfTheHeaders() throws IOException {
        assumeTrue(Files.exists(X86) && Files.exists(GENERIC), "linux-libc-dev is not installed");
        Map<String, Integer> x86 = numbers(X86);
        Map<String, Integer> generic = numbers(GENERIC);

        for (Syscall call : Syscall.values()) {
            assertThat(call.number(Processor.X86_64)).as(call.kernelName()).isEqualTo(x86.get(call.kernelName()));
            assertThat(call.number(Processor.AARCH64)).as(call.kernelName()).isEqualTo(generic.get(call.kernelName()));
        }
    }

    @Test
    void everyNameLeadsToItsOwnConstant() throws IllegalAccessException {
        int looked = 0;
        for (Field field : Constants.class.getFields()) {
            if (!Modifier.isStatic(field.getModifiers())) {
                continue;
            }
            long value;
            try {
                value = Constants.value(field.getName(), Processor.X86_64);
            } catch (IllegalArgumentException e) {
                continue; // one that no plan names
            }
            looked++;
            assertThat(value).as(field.getName()).isEqualTo(field.getLong(null));
        }
        assertThat(looked).isGreaterThan(70);
    }

    @Test
    void openFlagsDifferBetweenTheProcessors() {
        assertThat(Constants.value("O_DIRECTORY", Processor.X86_64)).isEqualTo(0200000);
        assertThat(Constants.value("O_DIRECTORY", Processor.AARCH64)).isEqualTo(040000);
        assertThat(Constants.value("O_NOFOLLOW", Processor.X86_64)).isEqualTo(0400000);
        assertThat(Constants.value("O_NOFOLLOW", Processor.AARCH64)).isEqualTo(0100000);
    }

    private static Map<String, Integer> numbers(Path header) throws IOException {
        Map<String, Integer> numbers = new TreeMap<>();
        Matcher matcher = DEFINE.matcher(Files.readString(header));
        while (matcher.find()) {
            numbers.put(matcher.group(1), Integer.parseInt(matcher.group(2)));
        }
        return numbers;
    }
}
