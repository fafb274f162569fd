package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.kernel.StandInKernel;
import io.jbox.request.StopRequest;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Changes of boxes are told as they happen, by whomever they are made: no polling, nothing missed, nothing twice. */
@Timeout(60)
class BoxEventsTest {
    private static final long PATIENCE = 20_000;

    @TempDir
    private Path folder;

    private StandIns host;

    @BeforeEach
    void host() {
        host = new StandIns(folder);
    }

    @AfterEach
    void end() {
        host.close();
    }

    private BoxEvents events(StandInKernel kernel, @Nullable String only, boolean kills) {
        BoxRegistry registry = host.registry(kernel);
        return new BoxEvents(kernel, registry.state(), registry.settler(), only, kills);
    }

    private static String next(BoxEvents events, long millis) {
        BoxEvent event = events.next(millis);
        return event == null ? "nothing" : event.box() + " " + event.state();
    }

    @Test
    void everyRecordThatIsWrittenIsToldInOrder() {
        BoxRecord record = host.run("web", StandIns.HALTS, StandIns.TIDIES);
        try (BoxEvents events = events(host.kernel(), null, false)) {
            assertThat(next(events, 0)).isEqualTo("nothing");

            for (BoxState state : List.of(BoxState.FREEZING, BoxState.THAWED, BoxState.RUNNING)) {
                host.state().write(record.in(state));
            }
            assertThat(List.of(next(events, PATIENCE), next(events, PATIENCE), next(events, PATIENCE)))
                    .containsExactly("web FREEZING", "web THAWED", "web RUNNING");
            assertThat(next(events, 0)).isEqualTo("nothing");
        }
    }

    /** Nobody has looked between the end of a box and its next start. */
    @Test
    void aRecordThatIsTakenAwayIsAnEnd() throws IOException {
        BoxRecord record = host.run("web", StandIns.HALTS, StandIns.TIDIES);
        try (BoxEvents events = events(host.kernel(), null, false)) {
            Files.delete(Path.of(host.state().recordFile("web")));
            host.state().write(record.in(BoxState.STARTING));
            host.state().write(record.in(BoxState.RUNNING));

            assertThat(List.of(next(events, PATIENCE), next(events, PATIENCE), next(events, PATIENCE)))
                    .containsExactly("web STOPPED", "web STARTING", "web RUNNING");
            assertThat(next(events, 0)).isEqualTo("nothing");
        }
    }

    /** A start that a compiled program gives up, and jbox takes over. */
    @Test
    void aStartThatIsTakenOverIsOne() throws IOException {
        try (BoxEvents events = events(host.kernel(), null, false)) {
            BoxRecord record = host.run("web", StandIns.HALTS, StandIns.TIDIES);
            assertThat(next(events, PATIENCE)).isEqualTo("web RUNNING");
            Files.delete(Path.of(host.state().recordFile("web")));
            host.state().write(record.in(BoxState.STARTING));
            Files.delete(Path.of(host.state().recordFile("web")));
            host.state().write(record.in(BoxState.STARTING));
            host.state().write(record.in(BoxState.RUNNING));

            assertThat(List.of(next(events, PATIENCE), next(events, PATIENCE), next(events, PATIENCE)))
                    .containsExactly("web STOPPED", "web STARTING", "web RUNNING");
            assertThat(next(events, 0)).isEqualTo("nothing");
        }
    }

    @Test
    void aBoxThatComesAndGoesIsToldOfToWhoeverWaits() throws Exception {
        StandInKernel kernel = host.kernel();
        try (BoxEvents events = events(kernel, null, false)) {
            List<String> told = new ArrayList<>();
            CompletableFuture<Void> waits = CompletableFuture.runAsync(() -> {
                while (!told.contains("web STOPPED")) {
                    told.add(next(events, PATIENCE));
                }
            });
            BoxRecord record = host.run("web", StandIns.HALTS, StandIns.TIDIES);
            while (told.isEmpty()) {
                Thread.onSpinWait();
            }
            new Stopper(host.registry(host.kernel(record))).stop("web", StopRequest.orderly());

            waits.get(30, TimeUnit.SECONDS);
            assertThat(told).startsWith("web RUNNING").endsWith("web STOPPED").doesNotHaveDuplicates();
        }
        assertThat(kernel.state()).isEmpty();
    }

    /** The folder that was made to be watched goes again. */
    @Test
    void oneThatNeverRanCanBeWaitedForAlone() {
        host.run("other", StandIns.HALTS, StandIns.TIDIES);
        try (BoxEvents events = events(host.kernel(), "web", false)) {
            assertThat(folder.resolve("state/web")).isDirectory();
            assertThat(next(events, 0)).isEqualTo("nothing");
        }
        assertThat(folder.resolve("state/web")).doesNotExist();
    }

    @Test
    void whatWasKilledForWantOfMemoryIsToldWhileTheBoxRunsOn() throws Exception {
        Files.createDirectories(folder.resolve("cgroup"));
        host.write("cgroup/memory.events", "oom_kill 1\n");
        BoxRecord ran = host.run("web", StandIns.HALTS, StandIns.TIDIES);
        host.state()
                .write(host.record(host.spec("web", List.of(host.path("cgroup")), Map.of()), BoxState.RUNNING)
                        .with(ran.monitor(), ran.init()));
        try (BoxEvents events = events(host.kernel(), null, true)) {
            assertThat(next(events, 0)).isEqualTo("nothing");
            host.write("cgroup/memory.events", "oom_kill 3\n");

            BoxEvent event = Objects.requireNonNull(events.next(PATIENCE));
            assertThat(event.oomKills()).isEqualTo(2);
            assertThat(event.state()).isEqualTo(BoxState.RUNNING);
        }
    }

    private EndWatcher ends(StandInKernel kernel, List<String> buried) {
        return new EndWatcher(host.registry(kernel), () -> buried.add("buried"));
    }

    @Test
    void theEndOfABoxCompletesWithItsExitCode() throws Exception {
        BoxRecord record = host.run("web", StandIns.HALTS, "printf '\\000\\003' >exit; rm -f state.json");
        List<String> buried = new ArrayList<>();
        StandInKernel kernel = host.kernel();
        try (EndWatcher ends = ends(kernel, buried)) {
            CompletableFuture<Integer> end = ends.ended("web").toCompletableFuture();
            CompletableFuture<Integer> again = ends.ended("web").toCompletableFuture();
            assertThat(end).isNotDone();

            new Stopper(host.registry(host.kernel(record))).stop("web", StopRequest.orderly());

            assertThat(end.get(20, TimeUnit.SECONDS)).isEqualTo(3);
            assertThat(again.get(20, TimeUnit.SECONDS)).isEqualTo(3);
            assertThat(buried).isNotEmpty();
        }
        assertThat(kernel.state()).isEmpty();
    }

    /** Nobody knows what it ended with. */
    @Test
    void aBoxWhoseMonitorIsKilledCountsAsKilled() throws Exception {
        BoxRecord record = host.run("web", StandIns.HALTS, StandIns.TIDIES);
        try (EndWatcher ends = ends(host.kernel(record), new ArrayList<>())) {
            CompletableFuture<Integer> end = ends.ended("web").toCompletableFuture();

            host.killMonitor(record);

            assertThat(end.get(20, TimeUnit.SECONDS)).isEqualTo(128 + 9);
        }
    }

    @Test
    void whatIsNoLongerWatchedIsSaidToBeSo() {
        host.run("web", StandIns.HALTS, StandIns.TIDIES);
        EndWatcher ends = ends(host.kernel(), new ArrayList<>());
        CompletableFuture<Integer> end = ends.ended("web").toCompletableFuture();

        ends.close();

        assertThatThrownBy(() -> end.get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("web: its end is no longer watched");
    }

    @Test
    void aDamagedRecordEndsTheWaitWithWhatIsWrong() {
        host.write("state/web/state.json", "{");
        try (EndWatcher ends = ends(host.kernel(), new ArrayList<>())) {
            assertThatThrownBy(() -> ends.ended("web").toCompletableFuture().get(20, TimeUnit.SECONDS))
                    .hasMessageContaining("state.json is damaged");
        }
    }
}
