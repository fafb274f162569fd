package io.jbox.plan;

import static io.jbox.program.Arg.number;
import static io.jbox.uapi.Syscall.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.compile.CompiledFile;
import io.jbox.compile.CompiledFile.Ran;
import io.jbox.facts.KnownWord;
import io.jbox.facts.Validity;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a compiled program looks at before it does anything: executed, and each cause changed. */
class CompiledChecksTest {
    private static final int SAME = 7;
    private static final Ran GOES_ON = new Ran(SAME, "");

    private final Kernel kernel = NativeKernel.open();

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void makeFile() throws IOException {
        file = Files.writeString(folder.resolve("file"), "content\n");
    }

    private CompiledFile program(List<Step> steps) {
        List<Step> all = new ArrayList<>(steps);
        all.add(step(Call.may(EXIT_GROUP, number(SAME))));
        return CompiledFile.of(folder, all);
    }

    private static Step step(Statement... statements) {
        return Step.by(Actor.JBOX, "test", Place.DEFAULT).add(statements).build();
    }

    private CompiledFile words(boolean command) {
        return program(List.of(step(words(List.of("exec", "box"), command).toArray(new Statement[0]))));
    }

    @Test
    void wordsAreThoseThatItWasCompiledFor() {
        CompiledFile exec = words(true);

        assertThat(exec.run("exec", "box", "--", "true")).isEqualTo(GOES_ON);
        assertThat(exec.run("exec", "box", "--", "", "more", "words")).isEqualTo(GOES_ON);
        assertThat(exec.run("exec", "box", "--", "-x")).isEqualTo(GOES_ON);
        assertThat(exec.run("exec", "box", "--", "--")).isEqualTo(GOES_ON);
        assertThat(exec.run("exec", "box", "true", "-x", "--")).isEqualTo(GOES_ON);
        assertThat(exec.run("exec", "box", "-t", "true").gaveUp()).isTrue();
        assertThat(exec.run("exec", "box", "--").gaveUp()).isTrue();
        assertThat(exec.run("exec", "box").gaveUp()).isTrue();
        assertThat(exec.run().gaveUp()).isTrue();
        assertThat(exec.run("exec", "boxes", "--", "true").gaveUp()).isTrue();
        assertThat(exec.run("exec", "bo", "--", "true").gaveUp()).isTrue();
        assertThat(exec.run("exec", "box", "-e", "A=b").gaveUp()).isTrue();
    }

    @Test
    void jboxGetsWordsAndVariables() {
        Ran ran = words(true).run(Map.of("JBOX_UNKNOWN", "", "MARK", "here"), "exec", "box", "--", "a b");

        assertThat(ran).isEqualTo(new Ran(0, CompiledFile.GAVE_UP + " exec box -- a b here"));
    }

    @Test
    void aCommandWithoutWordsOfItsOwnHasNone() {
        assertThat(words(false).run("exec", "box")).isEqualTo(GOES_ON);
        assertThat(words(false).run("exec", "box", "--").gaveUp()).isTrue();
    }

    /** Its exit code is the number in the second word. */
    @Test
    void oneOfTheWordsMayBeAnyNumber() {
        List<Statement> all = new ArrayList<>(Words.find());
        all.addAll(Words.check(
                List.of(KnownWord.of("-t"), new KnownWord("", KnownWord.Kind.NUMBER), KnownWord.of("-a")),
                Words.Follows.PROGRAM));
        all.add(Call.may(EXIT_GROUP, new Arg.ValueOf(Words.NUMBER)));
        CompiledFile program = program(List.of(step(all.toArray(new Statement[0]))));

        for (int number : List.of(0, 1, 7, 10, 99, 109, 255)) {
            assertThat(program.run("-t", Integer.toString(number), "-a", "true").code())
                    .isEqualTo(number);
        }
        assertThat(program.run("-t", "0000007", "-a", "--").code()).isEqualTo(7);
        assertThat(program.run("-t", "1000000256", "-a", "true").gaveUp()).isTrue();
        assertThat(program.run("-t", "999999937", "-a", "true").code()).isEqualTo(999_999_937 & 0xff);
        for (String none : List.of("", "x", "-1", "+1", "1:2", "7 ", "/", ":", "\u00b9")) {
            assertThat(program.run("-t", none, "-a", "true").gaveUp()).as(none).isTrue();
        }
        assertThat(program.run("-t", "7", "-a").gaveUp()).isTrue();
        assertThat(program.run("-t", "7", "-b", "true").gaveUp()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"JBOX_CONFIG_PATH", "JBOX_", "JBOX_PROGRAMS"})
    void variablesOfJboxAreLeftToIt(String name) {
        assertThat(words(true)
                        .run(Map.of(name, ""), "exec", "box", "--", "true")
                        .gaveUp())
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"JBOX_PROGRAM", "JBO", "XJBOX_", "jbox_"})
    void othersAreNot(String name) {
        assertThat(words(true).run(Map.of(name, "x"), "exec", "box", "--", "true"))
                .isEqualTo(GOES_ON);
    }

    @Test
    void everyByteIsReplacedByItsEntry() {
        Arg.Cell cell = new Arg.Cell("byte", Long.BYTES);
        byte[] table = new byte[256];
        for (int i = 0; i < table.length; i++) {
            table[i] = (byte) (255 - i);
        }
        for (int index : List.of(0, 1, 127, 128, 255)) {
            List<Statement> all = new ArrayList<>(List.of(Memory.set(cell, number(index))));
            all.addAll(Lookup.replace(cell, table));
            all.add(Call.may(EXIT_GROUP, new Arg.ValueOf(cell)));

            assertThat(program(List.of(step(all.toArray(new Statement[0])))).run())
                    .isEqualTo(new Ran(255 - index, ""));
        }
    }

    /** A program that relies on what is given, and on this process's own rights. */
    private CompiledFile relyingOn(
            Map<String, byte[]> contents,
            Map<String, byte[]> identities,
            List<String> absent,
            Map<String, String> links,
            Map<String, byte[]> limits) {
        Validity validity =
                new Validity(contents, identities, Map.of(), absent, links, limits, OwnProcess.capabilities(kernel));
        List<Step> steps = new ArrayList<>(List.of(step(Scratch.map())));
        ValiditySteps.add(validity, steps);
        return program(steps);
    }

    @Test
    void aFileHasTheSameBytes() throws IOException {
        Map<String, byte[]> contents = new LinkedHashMap<>();
        contents.put(file.toString(), Files.readAllBytes(file));
        contents.put("/dev/null", new byte[0]);
        CompiledFile program = relyingOn(contents, Map.of(), List.of(), Map.of(), Map.of());
        assertThat(program.run()).isEqualTo(GOES_ON);

        for (String other : List.of("Content\n", "content", "content\n\n", "")) {
            Files.writeString(file, other);
            assertThat(program.run().gaveUp()).as(other).isTrue();
        }
        Files.writeString(file, "content\n");
        assertThat(program.run()).isEqualTo(GOES_ON);
        Files.delete(file);
        assertThat(program.run().gaveUp()).isTrue();
    }

    @Test
    void aFileIsTheSame() throws IOException {
        FileTime time = Files.getLastModifiedTime(file);
        byte[] status = FileStatus.bytes(kernel, file.toString());
        CompiledFile program = relyingOn(Map.of(), Map.of(file.toString(), status), List.of(), Map.of(), Map.of());
        assertThat(program.run()).isEqualTo(GOES_ON);
        Files.readString(file);
        assertThat(program.run()).isEqualTo(GOES_ON);

        // With the old times: that of the inode cannot be set.
        Files.writeString(file, "CONTENT\n");
        Files.setLastModifiedTime(file, time);
        assertThat(program.run().gaveUp()).isTrue();
    }

    @Test
    void nothingIsWhereNothingWas() throws IOException {
        Path missing = folder.resolve("missing");
        CompiledFile program = relyingOn(Map.of(), Map.of(), List.of(missing.toString()), Map.of(), Map.of());
        assertThat(program.run()).isEqualTo(GOES_ON);

        Files.createFile(missing);
        assertThat(program.run().gaveUp()).isTrue();
    }

    @Test
    void linksLeadWhereTheyLed() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("target"));
        CompiledFile program = relyingOn(Map.of(), Map.of(), List.of(), Map.of(link.toString(), "target"), Map.of());
        assertThat(program.run()).isEqualTo(GOES_ON);

        for (String other : List.of("targe", "targets", "Target")) {
            Files.delete(link);
            Files.createSymbolicLink(link, Path.of(other));
            assertThat(program.run().gaveUp()).as(other).isTrue();
        }
    }

    @Test
    void theCallersLimitsAreTheSame() {
        byte[] both = ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(64)
                .putLong(128)
                .array();
        CompiledFile program = relyingOn(Map.of(), Map.of(), List.of(), Map.of(), Map.of("nofile", both));

        assertThat(program.with("ulimit -Sn 64; ulimit -Hn 128; exec \"$@\"", Map.of()))
                .isEqualTo(GOES_ON);
        assertThat(program.with("ulimit -Sn 63; ulimit -Hn 128; exec \"$@\"", Map.of())
                        .gaveUp())
                .isTrue();
    }

    @Test
    void theCallersRightsAreTheSame() {
        byte[] other = OwnProcess.capabilities(kernel);
        other[8] ^= 1;
        List<Step> steps = new ArrayList<>(List.of(step(Scratch.map())));
        ValiditySteps.add(new Validity(Map.of(), Map.of(), Map.of(), List.of(), Map.of(), Map.of(), other), steps);

        assertThat(program(steps).run().gaveUp()).isTrue();
    }

    @Test
    void aSignalThatTheCallerIgnoresIsSeen() {
        CompiledFile program = program(List.of(step(
                CompiledSteps.ifIgnored(number(10), Call.may(EXIT_GROUP, number(1))),
                Branch.when(Call.may(GETPID), Sign.NEGATIVE, Words.changed()))));

        assertThat(program.with("trap '' USR1; exec \"$@\"", Map.of()).code()).isEqualTo(1);
        assertThat(program.with("trap '' USR2; exec \"$@\"", Map.of())).isEqualTo(GOES_ON);
    }

    @Test
    void bytesOfAFileAreNotText() throws IOException {
        byte[] bytes = "a\0b\377".getBytes(StandardCharsets.ISO_8859_1);
        Files.write(file, bytes);
        CompiledFile program = relyingOn(Map.of(file.toString(), bytes), Map.of(), List.of(), Map.of(), Map.of());
        assertThat(program.run()).isEqualTo(GOES_ON);

        Files.write(file, "a\0c\377".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(program.run().gaveUp()).isTrue();
    }

    private static List<Statement> words(List<String> fixed, boolean command) {
        List<Statement> all = new ArrayList<>(Words.find());
        all.addAll(Words.check(KnownWord.of(fixed), command ? Words.Follows.COMMAND : Words.Follows.NOTHING));
        return all;
    }
}
