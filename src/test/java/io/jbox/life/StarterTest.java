package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.config.Config;
import io.jbox.kernel.StandInKernel;
import io.jbox.problem.JboxException;
import io.jbox.request.ExecRequest;
import io.jbox.request.RunRequest;
import io.jbox.request.StartRequest;
import io.jbox.request.StopRequest;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Starts, commands and runs whose processes are stand-ins: what is recorded, and what is left of it when a call fails. Root's,
 * for an ordinary user's are made by programs that want a real box.
 */
@Timeout(120)
class StarterTest {
    private static final Set<String> CANNOT_FAIL = Set.of("close", "getpid", "geteuid");

    @TempDir
    private Path folder;

    private StandIns host;

    @BeforeEach
    void host() {
        host = new StandIns(folder);
        assumeTrue(host.kernel().call(Syscall.GETEUID) == 0, "needs root's facts");
        host.write("boxes/web/rootfs/bin/sh", "");
        host.define("web", """
                rootfs: {path: rootfs}
                init: {cmd: [/bin/sh]}
                seccomp: {profile: none}
                apparmor: {profile: unconfined}
                hook: {pre-start: "echo pre-start >>%s", stop: "echo stop", post-stop: "echo post-stop >>%s"}
                group: [onboot]
                prlimit: {nofile: 64}
                """.formatted(host.path("said"), host.path("said")));
    }

    @AfterEach
    void end() {
        host.close();
    }

    private StandInKernel launching(String afterwards) {
        return host.kernel().launching(() -> host.launch("web", StandIns.HALTS, afterwards));
    }

    private Config config() {
        return host.registry(host.kernel()).load(host.path("boxes/web/config.yaml"), List.of());
    }

    private Started start(StandInKernel kernel) {
        return new Starter(host.registry(kernel)).start(config(), StartRequest.of(host.path("boxes/web/config.yaml")));
    }

    private @Nullable JboxException failure(StandInKernel kernel) {
        try {
            start(kernel);
            return null;
        } catch (JboxException e) {
            return e;
        }
    }

    private @Nullable BoxRecord record() {
        return host.registry(host.kernel()).settler().read("web");
    }

    private BoxRecord whole() {
        return Objects.requireNonNull(record());
    }

    @Test
    void whatWasStartedIsRecordedAndCanBeStopped() {
        StandInKernel kernel = launching(StandIns.TIDIES);

        Started started = start(kernel);

        BoxRecord record = started.record();
        assertThat(record).isEqualTo(record());
        assertThat(record.state()).isEqualTo(BoxState.RUNNING);
        int init = Objects.requireNonNull(record.init()).pid().number();
        assertThat(started.box().init()).isEqualTo(init);
        assertThat(record.spec().isolation().namespaces()).contains("pid", "mnt", "user");
        assertThat(record.spec().origin().groups()).containsExactly("onboot");
        assertThat(record.spec().hooks().commands()).containsOnlyKeys("stop", "post-stop");
        assertThat(record.spec().confinement().limits().get("nofile")).containsExactly(64L, 64L);
        assertThat(record.spec().isolation().rootUid().number()).isPositive();
        assertThat(host.read("said")).startsWith("pre-start");
        assertThat(kernel.state()).noneMatch(line -> line.startsWith("descriptor"));

        assertThat(failure(launching(StandIns.TIDIES))).hasMessage("web: is already running, init is " + init);

        new Stopper(host.registry(kernel)).stop("web", StopRequest.orderly());
        assertThat(record()).isNull();
        assertThat(host.left()).isEmpty();
    }

    @Test
    void whateverCallFailsNothingIsLeft() {
        // The second time, what is made once on a host is there.
        start(launching(StandIns.TIDIES));
        new Stopper(host.registry(host.kernel(whole()))).stop("web", StopRequest.now());
        StandInKernel well = launching(StandIns.TIDIES);
        start(well);
        List<String> calls = well.made();
        new Stopper(host.registry(well)).stop("web", StopRequest.now());
        int failures = 0;
        for (int i = 0; i < calls.size(); i++) {
            if (CANNOT_FAIL.contains(calls.get(i))) {
                continue;
            }
            StandInKernel kernel = launching(StandIns.TIDIES).failing(i, Errno.ENOSPC);
            JboxException failure = failure(kernel);
            String what = "call " + i + ", " + kernel.made().get(i) + ": " + failure;
            if (failure == null) {
                new Stopper(host.registry(kernel)).stop("web", StopRequest.now());
            } else {
                failures++;
                assertThat(kernel.state()).as(what).noneMatch(line -> line.startsWith("descriptor"));
            }
            assertThat(host.left()).as(what).isEmpty();
            assertThat(record()).as(what).isNull();
            assertThat(folder.resolve("state/web/ns")).as(what).doesNotExist();
        }
        assertThat(failures).isGreaterThan(30);
    }

    /** What a start would do is told without doing any of it. */
    @Test
    void aPlanChangesNothing() {
        StandInKernel kernel = host.kernel();

        String plan = new Starter(host.registry(kernel)).plan(config()).text();

        assertThat(plan).contains("@hook(").contains("clone3(");
        assertThat(kernel.state()).isEmpty();
        assertThat(folder.resolve("state/web")).doesNotExist();
        assertThat(Files.exists(folder.resolve("said"))).isFalse();
    }

    @Test
    void aRunLeavesNothingAndRunsNoHooksOfTheHost() {
        StandInKernel kernel = launching(StandIns.TIDIES);
        try (Runner runner = new Runner(host.registry(kernel), RunRequest.piped(config(), "/bin/true"))) {
            runner.start().close();
        }

        assertThat(host.notices()).anyMatch(notice -> notice.startsWith("web: hook.pre-start is ignored by run"));
        assertThat(record()).isNull();
        assertThat(folder.resolve("state/.pending")).isEmptyDirectory();
        assertThat(Files.exists(folder.resolve("said"))).isFalse();
    }

    @Test
    void aCommandHasTheBoxsRightsAndTheUserThatWasAskedFor() {
        StandInKernel kernel = launching(StandIns.TIDIES);
        start(kernel);
        Executor executor = new Executor(host.registry(kernel));
        ExecRequest asked = ExecRequest.of(List.of("id"))
                .user("0:0")
                .cwd("/tmp")
                .environment(List.of("A=b"))
                .keepEnvironment(true)
                .build();

        String plan = executor.plan("web", asked).text();

        assertThat(plan).contains("CLONE_NEWPID").contains("\"A=b\"").contains("container=jbox");
        assertThat(plan).contains("prlimit64").contains("capset");
    }

    @Test
    void aCommandForABoxThatDoesNotRunIsRefused() {
        assertThat(refusal(ExecRequest.piped("id"))).hasMessage("web: is not running");
    }

    @Test
    void aNamespaceThatTheBoxHasNotCannotBeJoined() {
        start(launching(StandIns.TIDIES));
        ExecRequest asked =
                ExecRequest.of(List.of("id")).namespaces(List.of("time")).build();

        assertThat(refusal(asked)).hasMessage("web: has no time namespace of its own");
    }

    private @Nullable JboxException refusal(ExecRequest asked) {
        try {
            new Executor(host.registry(host.kernel())).start("web", asked);
            return null;
        } catch (JboxException e) {
            return e;
        }
    }
}
