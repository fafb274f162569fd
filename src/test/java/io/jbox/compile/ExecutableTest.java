package io.jbox.compile;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.compile.CompiledFile.Ran;
import io.jbox.plan.CompiledSteps;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Step;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs as files: they run, know their descriptors before they have them, and undo what they have made. */
class ExecutableTest {
    private static final Descriptor ONE = new Descriptor("one");
    private static final Descriptor OTHER = new Descriptor("other");

    @TempDir
    private Path folder;

    private static Step.Draft step() {
        return Step.by(Actor.JBOX, "test", Place.DEFAULT);
    }

    private Ran run(Step.Draft... drafts) {
        return file(drafts).run();
    }

    private CompiledFile file(Step.Draft... drafts) {
        return CompiledFile.of(
                folder, List.of(drafts).stream().map(Step.Draft::build).toList());
    }

    private static Step.Draft open(Step.Draft step, Descriptor descriptor) {
        return step.open(descriptor, OPENAT, cwd(), text("/"), flags(O_RDONLY, O_DIRECTORY, O_CLOEXEC));
    }

    private static Step.Draft end(Arg code) {
        return step().add(Call.may(EXIT_GROUP, code));
    }

    @Test
    void endsWithItsOwnCode() {
        assertThat(run(end(number(42)))).isEqualTo(new Ran(42, ""));
    }

    @Test
    void becomesJboxWhereACallFails() {
        Step.Draft fails = step().call(CLOSE, number(1000));

        assertThat(run(fails, end(number(42)))).isEqualTo(new Ran(0, CompiledFile.GAVE_UP));
    }

    /** The other end of a pipe was a process of the box, say. */
    @Test
    void aBrokenPipeIsNotItsEnd() {
        Step.Draft fails = step().call(
                        RT_SIGPROCMASK,
                        flags(SIG_SETMASK),
                        new DataArg.Signals(List.of(SIGPIPE), false),
                        CompiledSteps.MASK,
                        number(8))
                .call(PIPE2, new Arg.Pair(ONE, OTHER), flags(O_CLOEXEC))
                .call(CLOSE, fd(ONE))
                .call(WRITE, fd(OTHER), text("x"), number(1));

        assertThat(run(fails)).isEqualTo(new Ran(0, CompiledFile.GAVE_UP));
    }

    /** What is closed gives its number free, as in the kernel. */
    @Test
    void descriptorsHaveTheLowestFreeNumber() {
        Step.Draft both = open(open(step(), ONE), OTHER).call(CLOSE, fd(ONE));

        assertThat(run(both, end(fd(OTHER)))).isEqualTo(new Ran(4, ""));
        assertThat(run(both, open(step(), ONE), end(fd(ONE)))).isEqualTo(new Ran(3, ""));
    }

    @Test
    void anotherNumberThanForeseenIsAReasonToGiveUp() {
        CompiledFile program = file(open(step(), ONE), end(fd(ONE)));

        assertThat(program.run().code()).isEqualTo(3);
        assertThat(program.with("exec 3</; exec \"$@\"", Map.of()).gaveUp()).isTrue();
    }

    @Test
    void bothEndsOfAPipeAreForeseen() {
        Step.Draft pipe = step().call(PIPE2, new Arg.Pair(ONE, OTHER), flags(O_CLOEXEC));
        CompiledFile program = file(pipe, end(fd(OTHER)));

        assertThat(program.run().code()).isEqualTo(4);
        assertThat(program.with("exec 4</; exec \"$@\"", Map.of()).gaveUp()).isTrue();
    }

    private static Call remove(String path) {
        return Call.may(UNLINKAT, cwd(), text(path), flags(AT_REMOVEDIR));
    }

    /** Where making it may fail, it is undone only if it was made. */
    @Test
    void whatWasThereAlreadyStays() {
        String path = folder + "/maybe";
        Step.Draft make =
                step().tolerate(MKDIRAT, cwd(), text(path), DataArg.mode(0700)).undo(remove(path));
        Step.Draft failing = step().call(CLOSE, number(1000));

        assertThat(run(make, failing).gaveUp()).isTrue();
        assertThat(folder.resolve("maybe")).doesNotExist();

        assertThat(folder.resolve("maybe").toFile().mkdir()).isTrue();
        assertThat(run(make, failing).gaveUp()).isTrue();
        assertThat(folder.resolve("maybe")).exists();
    }

    @Test
    void foldersThatWereMadeGoAgain() {
        Step.Draft make = step().call(MKDIRAT, cwd(), text(folder + "/made"), DataArg.mode(0700))
                .undo(remove(folder + "/made"))
                .call(MKDIRAT, cwd(), text(folder + "/made/inner"), DataArg.mode(0700))
                .undo(remove(folder + "/made/inner"));

        assertThat(run(make, end(number(0)))).isEqualTo(new Ran(0, ""));
        assertThat(folder.resolve("made/inner")).exists();
        // They are there already: not this program's to remove.
        assertThat(run(make, end(number(0))).gaveUp()).isTrue();
        assertThat(folder.resolve("made/inner")).exists();

        assertThat(folder.resolve("made/inner").toFile().delete()).isTrue();
        assertThat(folder.resolve("made").toFile().delete()).isTrue();
        assertThat(run(make, step().call(CLOSE, number(1000))).gaveUp()).isTrue();
        assertThat(folder.resolve("made")).doesNotExist();
    }

    @Test
    void whatIsNotMadeIsNotUndone() {
        Step.Draft fails = step().call(CLOSE, number(1000));
        Step.Draft make = step().call(MKDIRAT, cwd(), text(folder + "/made"), DataArg.mode(0700))
                .undo(remove(folder + "/made"));
        assertThat(folder.resolve("made").toFile().mkdir()).isTrue();

        assertThat(run(fails, make).gaveUp()).isTrue();
        assertThat(folder.resolve("made")).exists();
    }
}
