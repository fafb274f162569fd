package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two terminals, and the same box at the same moment: one of them is first, and the other is told what is true. */
class MeanwhileIT {
    private static final Path BOXES = Path.of("/var/lib/jbox");
    private static final int ROUNDS = 15;

    @BeforeAll
    static void image() throws IOException {
        TestHost.require();
        Boxes.jbox("create", "-f", Boxes.define("base", Boxes.idle(), "net: [{type: empty}]"), "base");
        Boxes.jbox("commit", "base", "base");
    }

    @AfterEach
    void noBoxes() {
        for (String box : List.of("a", "b", "c")) {
            TestHost.jbox("destroy", "-f", box);
        }
        assertThat(Boxes.leftovers()).isEmpty();
        assertThat(BOXES.resolve("a")).doesNotExist();
        assertThat(Path.of("/run/jbox/a")).doesNotExist();
        // The store's notes of which boxes use its trees.
        assertThat(Wires.sh("find " + BOXES + "/.store/users -xtype l")).isEmpty();
    }

    @AfterAll
    static void noImage() {
        TestHost.jbox("destroy", "-f", "base");
        TestHost.jbox("store", "rm", "store:base");
        TestHost.jbox("store", "gc", "-a");
    }

    private static void create(String box) {
        Boxes.jbox("create", "-f", definition(), box);
    }

    private static String definition() {
        return Boxes.defineWith("{image: 'store:base'}", "overlaid", Boxes.idle(), "net: [{type: empty}]");
    }

    /** Each line is a command. */
    private static List<Result> atOnce(String... commands) {
        ExecutorService terminals = Executors.newFixedThreadPool(commands.length);
        try {
            List<Callable<Result>> all = new ArrayList<>();
            for (String command : commands) {
                String[] words = command.split(" ");
                all.add(() -> TestHost.jbox(words));
            }
            List<Result> results = new ArrayList<>();
            for (Future<Result> result : terminals.invokeAll(all)) {
                results.add(result.get());
            }
            // No file of jbox's own is named, and no error of the kernel's.
            assertThat(results)
                    .extracting(Result::err)
                    .noneMatch(err -> err.contains("ENOENT") || err.contains("EEXIST") || err.contains("not ours"));
            return results;
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        } finally {
            terminals.shutdownNow();
        }
    }

    private static boolean isDefined(String box) {
        return Files.exists(BOXES.resolve(box + "/config.yaml"));
    }

    private static boolean runs(String box) {
        return Boxes.state(box).equals("RUNNING");
    }

    @Test
    void aBoxThatIsDestroyedIsNotStarted() {
        for (int i = 0; i < ROUNDS; i++) {
            create("a");
            List<Result> results = atOnce("start a", "destroy a");

            assertThat(results).extracting(Result::exitCode).containsExactlyInAnyOrder(0, 125);
            assertThat(runs("a"))
                    .isEqualTo(isDefined("a"))
                    .isEqualTo(results.get(0).exitCode() == 0);
            TestHost.jbox("destroy", "-f", "a");
        }
    }

    /** A command of run has no record, and makes the box's folders while it begins. */
    @Test
    void aBoxThatACommandRunsInIsNotDestroyed() throws InterruptedException {
        int destroyed = 0;
        for (int i = 0; i < ROUNDS; i++) {
            create("a");
            List<Result> run = new ArrayList<>();
            Thread terminal = new Thread(() -> run.add(TestHost.process("run", "a", "--", "true")));
            terminal.start();
            Thread.sleep(150 + 20 * i);
            Result destroy = TestHost.jbox("destroy", "a");
            terminal.join();

            assertThat(run.get(0).err()).doesNotContain("ENOENT");
            if (destroy.exitCode() == 0) {
                destroyed++;
                assertThat(BOXES.resolve("a")).doesNotExist();
            } else {
                assertThat(destroy.err()).contains("it must end first");
                assertThat(run.get(0)).isEqualTo(new Result(0, "", ""));
            }
            TestHost.jbox("destroy", "a");
        }
        assertThat(destroyed).isPositive();
    }

    @Test
    void aBoxThatIsRenamedIsNotStartedByItsOldName() {
        for (int i = 0; i < ROUNDS; i++) {
            create("a");
            List<Result> results = atOnce("start a", "rename a b");

            assertThat(results).extracting(Result::exitCode).containsExactlyInAnyOrder(0, 125);
            assertThat(runs("a")).isEqualTo(isDefined("a")).isNotEqualTo(isDefined("b"));
            assertThat(runs("b")).isFalse();
            TestHost.jbox("destroy", "-f", "a");
            TestHost.jbox("destroy", "-f", "b");
        }
    }

    @Test
    void aNameIsTakenOnce() {
        for (int i = 0; i < ROUNDS; i++) {
            create("a");
            create("b");
            List<Result> results = atOnce("rename a c", "rename b c", "create -f " + definition() + " c");

            assertThat(results).extracting(Result::exitCode).containsExactlyInAnyOrder(0, 125, 125);
            assertThat(isDefined("c")).isTrue();
            assertThat(isDefined("a")).isEqualTo(results.get(0).exitCode() != 0);
            assertThat(isDefined("b")).isEqualTo(results.get(1).exitCode() != 0);
            noBoxes();
        }
    }

    @Test
    void twoBoxesDoNotWaitForEachOthersNames() {
        create("a");
        create("b");
        for (int i = 0; i < ROUNDS; i++) {
            assertThat(atOnce("rename a b", "rename b a"))
                    .extracting(Result::exitCode)
                    .containsOnly(125);
        }
    }

    @Test
    void aBoxIsNotRenamedToItself() {
        create("a");
        assertThat(TestHost.jbox("rename", "a", "a").err()).isEqualTo("jbox: a: has that name already\n");
    }

    @Test
    void manyCreateOrDestroyTheSame() {
        for (int i = 0; i < ROUNDS; i++) {
            String create = "create -f " + definition() + " a";
            assertThat(atOnce(create, create, create, create))
                    .extracting(Result::exitCode)
                    .containsExactlyInAnyOrder(0, 125, 125, 125);
            assertThat(atOnce("destroy a", "destroy a", "destroy -f a"))
                    .extracting(Result::exitCode)
                    .containsExactlyInAnyOrder(0, 125, 125);
            assertThat(isDefined("a")).isFalse();
        }
    }

    @Test
    void oneLockIsWrittenByMany() throws IOException {
        File file = new File(definition());
        Path lock = file.toPath().resolveSibling("overlaid.lock");
        for (int i = 0; i < ROUNDS; i++) {
            Files.deleteIfExists(lock);
            assertThat(atOnce("lock " + file, "lock --update " + file, "lock " + file, "lock --update " + file))
                    .extracting(Result::exitCode)
                    .containsOnly(0);
            assertThat(TestHost.jbox("lock", "--check", file.getPath()).exitCode())
                    .isZero();
        }
        Files.delete(lock);
        assertThat(Wires.sh("ls " + file.getParent() + " | grep -c 'overlaid.lock' || :"))
                .isEqualTo("0\n");
    }

    @Test
    void aBoxThatIsResetIsStartedOnWhatIsThere() {
        create("a");
        for (int i = 0; i < ROUNDS; i++) {
            Boxes.jbox("start", "a");
            Boxes.jbox("stop", "-k", "a");
            List<Result> results = atOnce("start a", "reset a");

            // Whoever comes second: the start finds what is there, the reset a box that runs.
            assertThat(results.get(0)).isEqualTo(new Result(0, "", ""));
            assertThat(runs("a")).isTrue();
            assertThat(BOXES.resolve("a/rootfs.tree")).isRegularFile();
            Boxes.jbox("stop", "-k", "a");
        }
    }

    /** Both need the box, and the store. */
    @Test
    void aBoxMayBeStartedWhileAnImageIsMadeOfIt() {
        create("a");
        Boxes.jbox("start", "a");
        for (int i = 0; i < ROUNDS; i++) {
            Boxes.jbox("stop", "-k", "a");
            List<Result> results = atOnce("commit a other", "start a", "store gc");

            assertThat(results.get(1)).isEqualTo(new Result(0, "", ""));
            assertThat(runs("a")).isTrue();
            TestHost.jbox("store", "rm", "store:other");
        }
    }

    /** A hook that itself needs the store. */
    @Test
    void aHookMayCollectTrees() {
        String file = Boxes.defineWith(
                "{image: 'store:base'}",
                "hooked",
                Boxes.idle(),
                "net: [{type: empty}]",
                "hook: {pre-start: '" + Path.of("bin/jbox").toAbsolutePath() + " store gc', timeout: 20}");
        Boxes.jbox("create", "-f", file, "a");

        Boxes.jbox("start", "a");

        assertThat(runs("a")).isTrue();
    }

    /** Killed when it had removed the files, and not yet the note of the tree that they lay over. */
    @ParameterizedTest
    @ValueSource(strings = {"start a", "run a -- /bin/true"})
    void aResetThatWasKilledIsBroughtToItsEnd(String command) {
        create("a");
        Boxes.jbox("start", "a");
        Boxes.jbox("stop", "-k", "a");
        Wires.sh("rm -r " + BOXES + "/a/rootfs");

        assertThat(TestHost.jbox(command.split(" "))).isEqualTo(new Result(0, "", ""));
        assertThat(BOXES.resolve("a/rootfs")).isDirectory();
        assertThat(BOXES.resolve("a/rootfs.tree")).isRegularFile();
    }

    /** Nobody but a tidy-up has anything to do with a box whose monitor was killed: it does not run. */
    @ParameterizedTest
    @ValueSource(strings = {"start a", "reset a", "copy a b", "rename a b", "commit a other", "destroy a"})
    void aBoxThatIsTidiedUpDoesNotRun(String command) throws IOException {
        Path begun = Path.of("/run/tidies-up");
        Path ended = Path.of("/run/has-tidied-up");
        Files.deleteIfExists(begun);
        Files.deleteIfExists(ended);
        String file = Boxes.defineWith(
                "{image: 'store:base'}",
                "tidied",
                Boxes.idle(),
                "net: [{type: empty}]",
                "hook: {post-stop: \"sh -c 'echo >" + begun + "; sleep 1; mv " + begun + " " + ended + "' #\"}");
        Boxes.jbox("create", "-f", file, "a");
        Boxes.jbox("start", "a");
        String init = TestHost.jbox("pid", "a").out().trim();
        Wires.sh("kill -9 $(ps -o ppid= -p " + init + ")");
        Boxes.await("the end", () -> !Files.exists(Path.of("/proc", init)));

        assertThat(Boxes.state("a")).isEqualTo("STOPPED");
        Boxes.await("the hook", () -> Files.exists(begun));
        Result result = TestHost.jbox(command.split(" "));
        assertThat(result.err()).isEmpty();
        assertThat(result.exitCode()).isZero();
        // It has waited for that.
        assertThat(ended).exists();

        TestHost.jbox("stop", "-k", "a");
        TestHost.jbox("store", "rm", "store:other");
    }
}
