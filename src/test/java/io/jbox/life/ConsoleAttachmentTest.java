package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.problem.JboxException;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who may hold a terminal of a box; its descriptor is one of the monitor's own, fetched out of it. */
@Timeout(60)
class ConsoleAttachmentTest {
    /** Of the stand-in for a monitor: any file will do where no byte is carried. */
    private static final int OPEN = 9;

    private static final int CLOSED = 99;

    private final Kernel kernel = NativeKernel.open();

    @TempDir
    private Path folder;

    private StandIns host;
    private BoxRecord record;

    @BeforeEach
    void box() {
        host = new StandIns(folder);
        record = host.run("web", StandIns.HALTS, StandIns.TIDIES).with(OPEN, List.of(OPEN, CLOSED));
    }

    @AfterEach
    void end() {
        host.close();
    }

    private ConsoleAttachment attach(int tty) {
        return ConsoleAttachment.attach(kernel, host.path("state/web"), record, tty);
    }

    @Test
    void oneTerminalIsAttachedToEach() {
        try (ConsoleAttachment console = attach(0);
                ConsoleAttachment tty = attach(1)) {
            assertThat(console.master()).isNotEqualTo(tty.master());
            assertThatThrownBy(() -> attach(0)).hasMessage("web: another terminal is attached to its console");
            assertThatThrownBy(() -> attach(1)).hasMessage("web: another terminal is attached to tty1");
            // Nobody else reads from the console meanwhile.
            assertThat(ConsoleAttachment.lockConsole(kernel, host.path("state/web")))
                    .isNull();
        }
        attach(0).close();
        attach(1).close();
        try (Fd lock = ConsoleAttachment.lockConsole(kernel, host.path("state/web"))) {
            assertThat(lock).isNotNull();
        }
    }

    @Test
    void aBoxHasThoseThatItsConfigurationGivesIt() {
        assertThatThrownBy(() -> attach(3))
                .isInstanceOfSatisfying(
                        JboxException.class,
                        e -> assertThat(e.problems()).singleElement().satisfies(problem -> {
                            assertThat(problem.message()).isEqualTo("web: has no tty3");
                            assertThat(problem.hint()).isEqualTo("tty.max is 2");
                        }));
        record = record.with(-1, List.of());
        assertThatThrownBy(() -> attach(0)).hasMessageContaining("web: has no console");
    }

    /** What was locked is free again. */
    @Test
    void whatCannotBeFetchedIsNotHeld() {
        assertThatThrownBy(() -> attach(2)).hasMessageContaining("web: its terminal: pidfd_getfd");
        assertThatThrownBy(() -> attach(2)).hasMessageContaining("web: its terminal: pidfd_getfd");
    }

    @Test
    void aBoxThatHasEndedHasNone() {
        host.killMonitor(record);

        assertThatThrownBy(() -> attach(0)).hasMessageContaining("web");
        assertThat(host.registry(kernel).settler().judge(record)).isEqualTo(BoxState.STOPPED);
        // Whoever waits for it finds it free.
        assertThatThrownBy(() -> attach(0)).hasMessageNotContaining("another terminal");
    }
}
