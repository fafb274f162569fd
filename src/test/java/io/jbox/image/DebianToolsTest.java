package io.jbox.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DebianToolsTest {
    private final DebianTools tools = new DebianTools("deb:x", Progress.NONE);

    private static List<String> shell(String script) {
        return List.of("sh", "-c", script);
    }

    @Test
    void whatAProgramWritesIsReturned() {
        assertThat(tools.output(shell("echo a; echo b >&2"))).isEqualTo("a\n");
    }

    @Test
    void anErrorIsToldWithItsCause() {
        assertThatThrownBy(
                        () -> tools.output(shell("echo 'I: begins' >&2; echo 'E: it fails:' >&2; echo 'a cause:' >&2;"
                                + " echo 'and more' >&2; echo 'E: later' >&2; exit 1")))
                .hasMessageContaining("deb:x: sh: it fails: a cause:")
                .hasMessageNotContainingAny("and more", "later");
    }

    /** What says so much that nobody would read it is refused rather than waited for: it waits itself, to be read. */
    @Test
    void whoeverWritesWithoutAnEndIsStopped() {
        assertThatThrownBy(() -> tools.output(shell("exec cat /dev/zero")))
                .hasMessageContaining("more than 67108864 bytes");
    }
}
