package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.number.Pid;
import io.jbox.state.BoxLock;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.state.ProcessId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is owed to boxes when somebody has died: done once, in order, by whoever comes next, and to no others. */
@Timeout(60)
class TidyUpTest {
    private static final String DEAD = "1073741824.1.";

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

    private Map<String, List<String>> hooks() {
        String says = "echo \"$LXC_HOOK_TYPE $LXC_TARGET $BOX\" >>" + host.path("said");
        return Map.of("stop", List.of(says), "post-stop", List.of(says));
    }

    private String said() {
        return Files.exists(folder.resolve("said")) ? host.read("said") : "";
    }

    private BoxRecord run(String box, BoxState state, Map<String, List<String>> hooks) {
        BoxRecord ran = host.run(box, StandIns.HALTS, StandIns.DIES);
        BoxRecord record = host.record(host.spec(box, List.of(), hooks), state).with(ran.monitor(), ran.init());
        host.state().write(record);
        return record;
    }

    @Test
    void whatADeadMonitorOwedIsDoneOnceAndInOrder() {
        BoxRecord record = run("web", BoxState.RUNNING, hooks());
        BoxRecord other = run("other", BoxState.RUNNING, hooks());
        host.killMonitor(record);
        BoxRegistry registry = host.registry(host.kernel(record));

        assertThat(registry.settler().tidyUp("web")).isEqualTo(Settler.Truth.STOPPED);
        assertThat(registry.settler().tidyUp("web")).isEqualTo(Settler.Truth.STOPPED);

        assertThat(said()).isEqualTo("stop stop web web lxc stop\npost-stop stop web web lxc post-stop\n");
        assertThat(registry.settler().read("web")).isNull();
        assertThat(registry.settler().tidyUp("other").record()).isEqualTo(other);
    }

    /** Whoever only looks leaves it to others. */
    @Test
    void whoOnlyLooksSaysThatSomethingIsOwed() {
        BoxRecord record = run("web", BoxState.RUNNING, hooks());
        host.killMonitor(record);
        List<String> asked = new ArrayList<>();
        BoxRegistry looks = new BoxRegistry(host.kernel(record), asked::add, host.settings(), () -> asked.add("owed"));

        assertThat(looks.look("web").state()).isEqualTo(BoxState.STOPPED);

        assertThat(asked).containsExactly("owed");
        assertThat(said()).isEmpty();
        assertThat(looks.settler().read("web")).isEqualTo(record);
    }

    @Test
    void aLookChangesNothing() {
        BoxRecord record = run("web", BoxState.RUNNING, hooks());
        host.killMonitor(record);
        BoxRegistry registry = host.registry(host.kernel(record));

        assertThat(registry.settler().look("web")).isEqualTo(Settler.Truth.OWED);
        assertThat(registry.look("web")).isEqualTo(Settler.Truth.OWED);

        assertThat(said()).isEmpty();
        assertThat(registry.settler().read("web")).isEqualTo(record);
        assertThat(registry.settler().tidyUp("web")).isEqualTo(Settler.Truth.STOPPED);
        assertThat(registry.settler().look("web")).isEqualTo(Settler.Truth.STOPPED);
    }

    /** Who holds the lock is just doing it. */
    @Test
    void whatSomebodyIsAtWorkOnIsLeftToThem() {
        BoxRecord record = run("web", BoxState.RUNNING, hooks());
        host.killMonitor(record);
        BoxRegistry registry = host.registry(host.kernel(record));
        try (BoxLock lock = BoxLock.take(host.kernel(), registry.state().of("web"))) {
            assertThat(registry.settler().tidyUp("web").state()).isEqualTo(BoxState.STOPPING);
        }
        assertThat(said()).isEmpty();
    }

    /** Its processes are ended, and hooks of a box that runs are not for one that never did. */
    @ParameterizedTest
    @EnumSource(
            value = BoxState.class,
            names = {"STARTING", "ABORTING"})
    void aStartWithoutACommandIsUndone(BoxState state) {
        BoxRecord record = run("web", state, hooks());
        BoxRegistry registry = host.registry(host.kernel(record));

        assertThat(registry.settler().tidyUp("web")).isEqualTo(Settler.Truth.STOPPED);

        assertThat(said()).isEqualTo("post-stop stop web web lxc post-stop\n");
        assertThat(host.left()).isEmpty();
    }

    /** Ids of another run of the kernel are anybody's. */
    @Test
    void afterTheHostHasCrashedNobodyIsSignalled() {
        BoxRecord ran = run("web", BoxState.RUNNING, hooks());
        BoxRecord record = new BoxRecord(
                ran.id(),
                "another boot",
                ran.state(),
                ran.monitor(),
                ran.init(),
                null,
                ran.started(),
                ran.spec(),
                -1,
                List.of(),
                0,
                Map.of());
        host.state().write(record);

        assertThat(host.registry(host.kernel()).settler().tidyUp("web")).isEqualTo(Settler.Truth.STOPPED);

        assertThat(host.alive()).hasSize(2);
        assertThat(said()).isEqualTo("stop stop web web lxc stop\npost-stop stop web web lxc post-stop\n");
    }

    /** What a command that was killed has announced, and what it had begun to define. */
    @Test
    void whatKilledCommandsHaveBegunGoesAndWhatIsDefinedStays() throws IOException {
        host.define("whole", "rootfs: {path: /r}\n");
        for (String box : List.of("half", "whole", "users")) {
            host.state().make(box);
            host.write("state/.pending/" + DEAD + box, "");
        }
        host.write("boxes/half/.unfinished", "");
        host.write("boxes/half/rootfs/file", "");
        host.write("boxes/whole/config.yaml.new", "");
        // A folder that jbox has not made is not its to remove.
        host.write("boxes/users/data", "");
        host.write("boxes/users/config.yaml.new", "");
        TidyUp tidyUp = new TidyUp(host.registry(host.kernel()));

        assertThat(tidyUp.isAnythingOwed()).isTrue();
        assertThat(tidyUp.all()).isEmpty();

        assertThat(tidyUp.isAnythingOwed()).isFalse();
        assertThat(folder.resolve("boxes/half")).doesNotExist();
        assertThat(folder.resolve("boxes/whole").toFile().list()).containsExactly("config.yaml");
        assertThat(folder.resolve("boxes/users").toFile().list()).containsExactly("data");
        assertThat(folder.resolve("state/half")).doesNotExist();
    }

    @Test
    void aDamagedRecordIsToldAndOthersAreTidiedUp() throws IOException {
        BoxRecord record = run("web", BoxState.RUNNING, Map.of());
        host.killMonitor(record);
        host.write("state/aaa/state.json", "{");

        assertThat(new TidyUp(host.registry(host.kernel(record))).settle())
                .singleElement()
                .satisfies(problem -> assertThat(problem).hasMessageContaining("aaa/state.json"));
        assertThat(folder.resolve("state/web/state.json")).doesNotExist();
        assertThat(folder.resolve("state/aaa/state.json")).exists();
    }

    @Test
    void aRecordThatNeverCameToItsNameIsForgotten() {
        host.state().make("web");
        host.write("state/web/state.json.STARTING", "{");

        BoxRegistry registry = host.registry(host.kernel());

        assertThat(registry.names()).isEmpty();
        assertThat(new TidyUp(registry).settle()).isEmpty();

        assertThat(folder.resolve("state/web/state.json.STARTING")).doesNotExist();
    }

    private void exits(String box, int status) throws IOException {
        Files.write(folder.resolve("state/" + box + "/exit"), new byte[] {(byte) status, (byte) (status >> 8)});
    }

    /** SIGHUP is what the kernel ends a PID 1 with that reboots (pid_namespaces(7)). */
    @Test
    void aBoxThatRebootsIsStartedAgainByItsReaperOnly() throws IOException {
        BoxRecord record = run("web", BoxState.RUNNING, hooks());
        host.killMonitor(record);
        exits("web", 1);
        List<BoxRecord> again = new ArrayList<>();
        TidyUp tidyUp = new TidyUp(host.registry(host.kernel(record)));

        tidyUp.reap("web", "another start", again::add);
        assertThat(said()).isEmpty();
        tidyUp.reap("nobody", record.id(), again::add);
        assertThat(again).isEmpty();

        tidyUp.reap("web", record.id(), again::add);
        assertThat(again).containsExactly(record);
        assertThat(said()).isEqualTo("stop reboot web web lxc stop\npost-stop reboot web web lxc post-stop\n");

        tidyUp.reap("web", record.id(), again::add);
        assertThat(again).hasSize(1);
    }

    @Test
    void oneThatHaltsIsNot() throws IOException {
        BoxRecord record = run("web", BoxState.RUNNING, hooks());
        host.killMonitor(record);
        exits("web", 2);
        List<BoxRecord> again = new ArrayList<>();

        new TidyUp(host.registry(host.kernel(record))).reap("web", record.id(), again::add);

        assertThat(again).isEmpty();
        assertThat(said()).isEqualTo("stop stop web web lxc stop\npost-stop stop web web lxc post-stop\n");
    }

    @Test
    void aHookThatFailsKeepsNothingFromBeingDone() {
        BoxRecord record =
                run("web", BoxState.RUNNING, Map.of("stop", List.of("exit 3"), "post-stop", hooks().get("stop")));
        host.killMonitor(record);

        host.registry(host.kernel(record)).settler().tidyUp("web");

        assertThat(said()).isEqualTo("post-stop stop web web lxc post-stop\n");
        assertThat(host.read("state/web/log")).contains("exit 3");
    }

    /** A command that dies while the second hook runs: the first has run, the others have not. */
    @Test
    void whoGoesOnAfterSomebodyWhoWasKilledRunsNoHookAgain() {
        List<String> four = new ArrayList<>();
        for (String stage : List.of("a", "b", "c", "d")) {
            four.add("echo " + stage + " >>" + host.path("said") + " #");
        }
        BoxRecord record =
                run("web", BoxState.RUNNING, Map.of("stop", four.subList(0, 2), "post-stop", four.subList(2, 4)));
        host.killMonitor(record);
        host.write("state/web/debts", "start start-1\nx stop 0\n- stop 1\nx post-stop 0\n- post-stop 1\n");

        host.registry(host.kernel(record)).settler().tidyUp("web");

        assertThat(said()).isEqualTo("b\nd\n");
        assertThat(folder.resolve("state/web/debts")).doesNotExist();
    }

    @Test
    void whatAnEarlierStartOwedSaysNothingAboutThisOne() {
        BoxRecord record = run("web", BoxState.RUNNING, hooks());
        host.killMonitor(record);
        host.write("state/web/debts", "start start-0\nx stop 0\nx post-stop 0\n");

        host.registry(host.kernel(record)).settler().tidyUp("web");

        assertThat(said()).isEqualTo("stop stop web web lxc stop\npost-stop stop web web lxc post-stop\n");
    }

    /** What a hook sees is what would be left if jbox were killed now. */
    @Test
    void whatHasBegunAndWhatHasEndedIsNotedAtOnce() {
        String copies = "cat " + host.path("state/web/debts") + " >>" + host.path("said") + " 2>/dev/null; false";
        BoxRecord record =
                run("web", BoxState.RUNNING, Map.of("stop", List.of(copies), "post-stop", List.of(copies, copies)));
        host.killMonitor(record);

        host.registry(host.kernel(record)).settler().tidyUp("web");

        assertThat(said().replaceAll("(> \\S+ \\d).*", "$1")).isEqualTo("""
                start start-1
                > stop 0
                - post-stop 0
                - post-stop 1
                start start-1
                x stop 0
                > post-stop 0
                - post-stop 1
                start start-1
                x stop 0
                x post-stop 0
                > post-stop 1
                """);
    }

    /** It goes on without the jbox that has begun it, and the others wait for it. */
    @Test
    void aHookThatStillRunsIsWaitedForAndNotRunAgain() throws IOException {
        BoxRecord record = run("web", BoxState.RUNNING, hooks());
        host.killMonitor(record);
        Process hook = new ProcessBuilder("sh", "-c", "sleep 0.3; echo itself >>" + host.path("said")).start();
        ProcessId id = Objects.requireNonNull(ProcessId.find(new Pid((int) hook.pid())));
        host.write("state/web/debts", "start start-1\n> stop 0 " + id.pid() + " " + id.start() + "\n- post-stop 0\n");

        host.registry(host.kernel(record).knowing((int) hook.pid())).settler().tidyUp("web");

        assertThat(said()).isEqualTo("itself\npost-stop stop web web lxc post-stop\n");
        assertThat(host.read("state/web/log")).contains("stop 0: jbox was killed while it ran; it is not run again");
    }

    @Test
    void aHookOfWhichNobodyKnowsTheEndIsNotRunAgain() {
        BoxRecord record = run("web", BoxState.RUNNING, hooks());
        host.killMonitor(record);
        host.write("state/web/debts", "start start-1\n> stop 0\n> post-stop 0 1073741824 5\n");

        host.registry(host.kernel(record)).settler().tidyUp("web");

        assertThat(said()).isEmpty();
        assertThat(folder.resolve("state/web/debts")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "\377\376garbage",
                "start start-1\n+ stop 0\n",
                "start start-1\nx stop 7\n",
                "start start-1\nx\n",
                "start start-1\n> stop 0 x y\n",
            })
    void aDamagedListIsNamedAndNothingRuns(String text) {
        BoxRecord record = run("web", BoxState.RUNNING, hooks());
        host.killMonitor(record);
        host.write("state/web/debts", text);
        BoxRegistry registry = host.registry(host.kernel(record));

        assertThatThrownBy(() -> registry.settler().tidyUp("web")).hasMessageContaining("/debts: is damaged");

        assertThat(said()).isEmpty();
        assertThat(registry.settler().read("web")).isNotNull();
    }

    @Test
    void aBoxThatIsUnknownIsNamedWithTheNearest() {
        host.define("web", "rootfs: {path: /r}\n");
        BoxRegistry registry = host.registry(host.kernel());

        assertThatThrownBy(() -> registry.running("wbe")).hasMessage("there is no box \"wbe\"");
        assertThatThrownBy(() -> registry.running("web")).hasMessage("web: is not running");
        assertThat(registry.names()).containsExactly("web");
        assertThat(registry.exists("web")).isTrue();
        assertThat(registry.exists("wbe")).isFalse();
    }
}
