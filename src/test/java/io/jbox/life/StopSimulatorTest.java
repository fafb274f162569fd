package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.kernel.StandInKernel;
import io.jbox.problem.JboxException;
import io.jbox.request.StopRequest;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.uapi.Errno;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Stops of boxes whose processes are stand-ins: each call fails in turn. */
@Timeout(60)
class StopSimulatorTest {
    private static final String BOX = "web";

    private static final Set<String> CANNOT_FAIL = Set.of("close", "getpid", "geteuid");

    private static final Set<String> INTERRUPTED = Set.of("openat", "write", "flock", "ppoll", "wait4");

    @TempDir
    private Path folder;

    private StandIns host;
    private BoxRecord bystander;

    @BeforeEach
    void host() {
        host = new StandIns(folder);
        bystander = host.run("bystander", StandIns.HALTS, StandIns.TIDIES);
    }

    @AfterEach
    void end() {
        host.close();
    }

    /** A way to stop, and a box to be stopped. */
    enum Scene {
        ORDERLY(StandIns.HALTS, StandIns.TIDIES, StopRequest.orderly()),
        KILL(StandIns.HALTS, StandIns.TIDIES, StopRequest.now()),
        KILL_WHAT_IGNORES(StandIns.IGNORES, StandIns.TIDIES, StopRequest.now()),
        IGNORED(StandIns.IGNORES, StandIns.TIDIES, new StopRequest(false, Duration.ofMillis(20), true, false)),
        IGNORED_AND_SPARED(
                StandIns.IGNORES, StandIns.TIDIES, new StopRequest(false, Duration.ofMillis(20), false, false)),
        MONITOR_DIES(StandIns.HALTS, StandIns.DIES, StopRequest.orderly()),
        MONITOR_DIES_OF_KILL(StandIns.HALTS, StandIns.DIES, StopRequest.now());

        private final String init;
        private final String afterwards;
        private final StopRequest request;

        Scene(String init, String afterwards, StopRequest request) {
            this.init = init;
            this.afterwards = afterwards;
            this.request = request;
        }
    }

    private @Nullable JboxException stop(StandInKernel kernel, StopRequest request) {
        BoxRegistry registry = host.registry(kernel);
        try {
            new Stopper(registry).stop(BOX, request);
            return null;
        } catch (JboxException e) {
            return e;
        }
    }

    /** What is said to be undone is; what stays, stays whole. */
    private void check(Scene scene, String what, @Nullable JboxException failure, BoxRecord record) {
        if (failure == null) {
            assertThat(isAlive(record)).as(what).isFalse();
            assertThat(host.registry(host.kernel()).settler().read(BOX))
                    .as(what)
                    .isNull();
        } else {
            assertThat(failure.getMessage()).as(what).containsAnyOf(BOX, "process ");
            assertThat(host.state().isToStayStopped(BOX)).as(what).isFalse();
            // Whoever comes next finds a box that can be stopped, or none.
            JboxException second = stop(host.kernel(record), StopRequest.now());
            assertThat(String.valueOf(second == null ? "not running" : second.getMessage()))
                    .as(what)
                    .contains("not running");
            assertThat(isAlive(record)).as(what).isFalse();
        }
        assertThat(isAlive(bystander)).as(what).isTrue();
        assertThat(host.registry(host.kernel()).settler().read("bystander"))
                .as(what)
                .isEqualTo(bystander);
    }

    private static boolean isAlive(BoxRecord record) {
        return record.init() != null && record.init().isAlive();
    }

    @ParameterizedTest
    @EnumSource
    void leavesNothingOfTheBoxAndAllOfOthers(Scene scene) {
        BoxRecord record = host.run(BOX, scene.init, scene.afterwards);
        StandInKernel kernel = host.kernel(record);

        JboxException failure = stop(kernel, scene.request);

        if (scene == Scene.IGNORED_AND_SPARED) {
            assertThat(failure).hasMessage("web: does not halt within 0 s");
            assertThat(isAlive(record)).isTrue();
            assertThat(host.registry(host.kernel()).settler().look(BOX).state()).isEqualTo(BoxState.RUNNING);
        } else {
            assertThat(failure).isNull();
        }
        assertThat(host.notices())
                .isEqualTo(
                        scene == Scene.IGNORED ? List.of("web: did not halt within 0 s, and was killed") : List.of());
        assertThat(kernel.state()).isEmpty();
        check(scene, scene.name(), failure, record);
    }

    @ParameterizedTest
    @EnumSource
    void whateverCallFailsTheBoxIsStoppedOrCanBe(Scene scene) {
        BoxRecord first = host.run(BOX, scene.init, scene.afterwards);
        StandInKernel well = host.kernel(first);
        stop(well, scene.request);
        stop(host.kernel(first), StopRequest.now());
        for (int i = 0; i < well.made().size(); i++) {
            if (CANNOT_FAIL.contains(well.made().get(i))) {
                continue;
            }
            for (int errno : new int[] {Errno.EINTR, Errno.EMFILE}) {
                if (errno == Errno.EINTR && !INTERRUPTED.contains(well.made().get(i))) {
                    continue;
                }
                BoxRecord record = host.run(BOX, scene.init, scene.afterwards);
                StandInKernel kernel = host.kernel(record).failing(i, errno);
                String what = scene + ": call " + i + ", " + well.made().get(i) + ", " + Errno.name(errno);
                JboxException failure = stop(kernel, scene.request);

                assertThat(kernel.state()).as(what + ": " + failure).isEmpty();
                check(scene, what + ": " + failure, failure, record);
            }
        }
    }
}
