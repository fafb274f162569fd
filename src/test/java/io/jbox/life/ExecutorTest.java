package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.facts.Launch;
import io.jbox.kernel.StandInKernel;
import io.jbox.launch.BoxProcess;
import io.jbox.problem.JboxException;
import io.jbox.request.ExecRequest;
import io.jbox.state.BoxLock;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.state.ProcessId;
import io.jbox.uapi.Errno;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Commands in boxes that run, where joiner and command are stand-ins. */
@Timeout(60)
class ExecutorTest {
    private static final Set<String> CANNOT_FAIL = Set.of("close", "getpid", "geteuid", "getegid");
    private static final ExecRequest TERMINAL = ExecRequest.of(List.of("id"))
            .streams(List.of(Launch.Stream.CONSOLE, Launch.Stream.CONSOLE, Launch.Stream.CONSOLE))
            .user("0")
            .privileged(true)
            .build();

    @TempDir
    private Path folder;

    private StandIns host;
    private BoxRecord record;

    @BeforeEach
    void box() {
        host = new StandIns(folder);
        record = host.run("web", List.of("pid", "uts"), List.of());
    }

    @AfterEach
    void end() {
        host.close();
    }

    private StandInKernel kernel() {
        return host.kernel(record).launching(() -> host.launch("command", StandIns.HALTS, StandIns.DIES));
    }

    private BoxProcess start(StandInKernel kernel, ExecRequest request) {
        return new Executor(host.registry(kernel)).start("web", request);
    }

    @Test
    void aCommandsEndIsItsOwn() {
        StandInKernel kernel = kernel();

        BoxProcess command = start(kernel, ExecRequest.piped("id"));
        assertThat(host.alive()).hasSize(4);
        command.kill();
        command.close();

        assertThat(ProcessId.find(Objects.requireNonNull(record.init()).pid())).isEqualTo(record.init());
        assertThat(kernel.state()).isEmpty();
    }

    @Test
    void whateverCallFailsTheBoxRunsOnAndNothingIsLeft() {
        for (ExecRequest request : List.of(ExecRequest.piped("id"), TERMINAL)) {
            StandInKernel well = kernel();
            BoxProcess first = start(well, request);
            int calls = well.made().size();
            first.kill();
            first.close();
            int failures = 0;
            for (int i = 0; i < calls; i++) {
                if (CANNOT_FAIL.contains(well.made().get(i))) {
                    continue;
                }
                StandInKernel kernel = kernel().failing(i, Errno.EMFILE);
                String what = "call " + i + ", " + well.made().get(i);
                try {
                    BoxProcess command = start(kernel, request);
                    command.kill();
                    command.close();
                } catch (JboxException e) {
                    what += ": " + e;
                    failures++;
                }
                assertThat(kernel.state()).as(what).isEmpty();
                assertThat(Objects.requireNonNull(record.init()).isAlive())
                        .as(what)
                        .isTrue();
            }
            assertThat(failures).isGreaterThan(8);
        }
    }

    @ParameterizedTest
    @CsvSource({"FREEZING, is frozen", "STARTING, is STARTING", "ABORTING, is ABORTING"})
    void aBoxThatCannotTakeCommandsSaysWhy(BoxState state, String why) {
        StandInKernel kernel = host.kernel(record);
        BoxRegistry registry = host.registry(kernel);
        registry.state().write(record.in(state));
        try (BoxLock lock = BoxLock.take(host.kernel(), registry.state().of("web"))) {
            assertThatThrownBy(() -> new Executor(registry).start("web", ExecRequest.piped("id")))
                    .hasMessage("web: " + why);
        }
    }

    @Test
    void aUserThatThereIsNotIsSaid() {
        assertThatThrownBy(() -> start(
                        kernel(),
                        ExecRequest.of(List.of("id"))
                                .user("nobody-of-that-name")
                                .build()))
                .hasMessageContaining("nobody-of-that-name");
    }

    /** The kernel ends a command with the thread that has made it: that lives as long as the command. */
    @Test
    void theThreadOfACommandLivesUntilItHasEnded() throws Exception {
        AtomicReference<Thread> thread = new AtomicReference<>();
        BoxProcess command = CommandThread.start(() -> {
                    thread.set(Thread.currentThread());
                    return start(kernel(), ExecRequest.piped("id"));
                })
                .process();
        Thread made = Objects.requireNonNull(thread.get());
        assertThat(made.isAlive()).isTrue();

        command.kill();
        command.close();
        host.close();
        made.join(20_000);
        assertThat(made.isAlive()).isFalse();
    }

    @Test
    void whatKeepsACommandFromStartingIsTheCallersToKnow() {
        assertThatThrownBy(() -> CommandThread.start(() -> {
                    throw new JboxException("no command");
                }))
                .isInstanceOf(JboxException.class)
                .hasMessage("no command");
        assertThatThrownBy(() -> CommandThread.start(() -> {
                    throw new AssertionError("a fault");
                }))
                .isInstanceOf(AssertionError.class);
    }

    /** A process that has ended is its parent's to wait for; and what is no child any more is forgotten. */
    @Test
    void monitorsThatHaveEndedAreBuried() {
        MonitorChildren children = new MonitorChildren(host.kernel(), host.state());
        children.add(Objects.requireNonNull(record.monitor()), "web");
        children.bury();
        assertThat(host.alive()).hasSize(2);

        host.killMonitor(record);
        host.state().forget("web");
        long begin = System.nanoTime();
        children.buryPatiently();

        assertThat(System.nanoTime() - begin).isLessThan(1_900_000_000L);
        assertThat(host.left()).isEmpty();
    }
}
