package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.StartRecords;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Writes a box's record without a JVM: a text with placeholders for numbers that are known only at run time. */
final class RecordText {
    /** The start's id, 20 digits. */
    static final Arg.Cell ID = new Arg.Cell("start-id", 32);

    private static final Arg.Cell TIME = new Arg.Cell("start-time", 32);
    private static final Arg.Cell CLOCK = new Arg.Cell("clock", 16);
    private static final Arg.Cell SECONDS = new Arg.Cell("clock-seconds", 8);
    private static final Arg.Cell NANOS = new Arg.Cell("clock-nanos", 8);
    private static final Arg.Cell DIGITS = new Arg.Cell("clock-digits", 24);
    private static final Arg.Cell LENGTH = new Arg.Cell("record-length", 8);
    private static final Arg.Cell AT = new Arg.Cell("record-at", 8);
    private static final Arg.Cell TO = new Arg.Cell("record-to", 8);
    private static final Arg.Cell FIELD = new Arg.Cell("record-field", 8);
    private static final Descriptor ASIDE = new Descriptor("record-aside");
    private static final Descriptor STAT = new Descriptor("stat-file");
    private static final int PID_WIDTH = 10;
    private static final int START_WIDTH = 19;
    private static final int ID_WIDTH = 20;
    private static final int TIME_WIDTH = 13;
    private static final int FIELDS_BEFORE_START = 21;
    private static final long ALWAYS_TEN_DIGITS = 1_000_000_000;

    private RecordText() {}

    /** Makes the start's id and the time of its record. */
    static Step now() {
        return Step.by(Actor.JBOX, "look at the clocks", Place.DEFAULT)
                .call(CLOCK_GETTIME, flags(CLOCK_BOOTTIME), CLOCK)
                .add(
                        Memory.copy(SECONDS, CLOCK, Long.BYTES),
                        Memory.copy(NANOS, new Arg.Part(CLOCK, Long.BYTES), Long.BYTES),
                        Memory.add(SECONDS, ALWAYS_TEN_DIGITS),
                        Memory.add(NANOS, ALWAYS_TEN_DIGITS),
                        Memory.digits(ID, new Arg.ValueOf(SECONDS)),
                        Memory.digits(new Arg.Part(ID, PID_WIDTH), new Arg.ValueOf(NANOS)))
                .call(CLOCK_GETTIME, flags(CLOCK_REALTIME), CLOCK)
                .add(
                        Memory.copy(SECONDS, CLOCK, Long.BYTES),
                        Memory.copy(NANOS, new Arg.Part(CLOCK, Long.BYTES), Long.BYTES),
                        Memory.add(NANOS, ALWAYS_TEN_DIGITS),
                        Memory.digits(TIME, new Arg.ValueOf(SECONDS)),
                        Memory.digits(DIGITS, new Arg.ValueOf(NANOS)),
                        Memory.copy(new Arg.Part(TIME, PID_WIDTH), new Arg.Part(DIGITS, 1), 3))
                .build();
    }

    /** Reads when a process began (proc(5), field 22 of stat), as text, for {@link #write}. */
    static Step startOf(String who, Arg pid) {
        Arg.Cell start = started(who);
        ProcessPath path = new ProcessPath(who, "stat");
        Loop.Label skipping = new Loop.Label("skip-" + who);
        Loop.Label copying = new Loop.Label("copy-" + who);
        List<Statement> skip = List.of(
                Memory.copy(FIELD, new Arg.ValueOf(AT), 1),
                Memory.add(AT, 1),
                Branch.when(
                        Memory.compare(FIELD, ' ', 1),
                        Sign.ZERO,
                        Memory.add(LENGTH, 1),
                        Branch.when(
                                Memory.compare(LENGTH, FIELDS_BEFORE_START, Integer.BYTES),
                                Sign.ZERO,
                                Jump.leave(skipping))),
                Jump.again(skipping));
        List<Statement> copy = List.of(
                Branch.when(Memory.same(new Arg.ValueOf(AT), text(" "), 1), Sign.ZERO, Jump.leave(copying)),
                Memory.copy(new Arg.ValueOf(TO), new Arg.ValueOf(AT), 1),
                Memory.add(AT, 1),
                Memory.add(TO, 1),
                Jump.again(copying));
        return Step.by(Actor.JBOX, "look when the " + who + " began", Place.DEFAULT)
                .add(path.of(pid).toArray(new Statement[0]))
                .open(STAT, OPENAT, cwd(), path.text(), flags(O_RDONLY, O_CLOEXEC))
                .call(READ, fd(STAT), Scratch.content(), number(Scratch.PLACE))
                .call(CLOSE, fd(STAT))
                .add(
                        // The name of this process is that of a program, without blanks.
                        Memory.set(AT, Scratch.content()),
                        Memory.set(LENGTH, number(0)),
                        new Loop(skipping, skip),
                        Memory.copy(start, text(" ".repeat(START_WIDTH)), START_WIDTH),
                        Memory.set(TO, start),
                        new Loop(copying, copy))
                .build();
    }

    /** The cell in which {@link #startOf} stores it. */
    static Arg.Cell started(String who) {
        return new Arg.Cell(who + "-began", 32);
    }

    /**
     * Replaces the record by a text.
     *
     * @param name unique in the program
     * @param state that the text says
     * @param places placeholders in it, and cells of the same length that replace them
     */
    static Step write(
            String text, String name, String state, String file, Arg monitor, Arg init, Map<String, Arg.Cell> places) {
        Arg.Cell bytes = new Arg.Cell("record-" + name, length(text));
        Step.Draft step = Step.by(Actor.JBOX, "record that it is " + name, Place.DEFAULT)
                .add(Memory.copy(bytes, new DataArg.Data("record", bytes(text)), length(text)));
        put(step, text, StartRecords.ID, bytes, ID, ID_WIDTH);
        for (Map.Entry<String, Arg.Cell> place : places.entrySet()) {
            put(step, text, place.getKey(), bytes, place.getValue(), length(place.getKey()));
        }
        put(step, text, Long.toString(StartRecords.TIME), bytes, TIME, TIME_WIDTH);
        put(step, text, Long.toString(StartRecords.MONITOR_START), bytes, started("monitor"), START_WIDTH);
        put(step, text, Long.toString(StartRecords.INIT_START), bytes, started("init"), START_WIDTH);
        digits(step, text, Integer.toString(StartRecords.MONITOR), bytes, monitor);
        digits(step, text, Integer.toString(StartRecords.INIT), bytes, init);
        file(step, bytes, length(text), file + "." + state, file);
        return step.build();
    }

    /** Replaces a file by bytes that are in memory. */
    static void file(Step.Draft step, Arg bytes, int length, String aside, String file) {
        step.open(ASIDE, OPENAT, cwd(), text(aside), flags(O_WRONLY, O_CREAT, O_TRUNC, O_CLOEXEC), DataArg.mode(0600))
                .add(
                        Call.must(WRITE, fd(ASIDE), bytes, number(length)).into(LENGTH),
                        ValiditySteps.differs(LENGTH, length))
                .call(CLOSE, fd(ASIDE))
                .call(RENAMEAT2, cwd(), text(aside), cwd(), text(file), number(0));
    }

    /** Replaces a file unless it already has these bytes: on a disk, replacing costs more than everything else. */
    static void fileIfOther(Step.Draft step, Arg bytes, int length, String name, String aside, String file) {
        Descriptor there = new Descriptor(name + "-there");
        Arg.Cell same = new Arg.Cell(name + "-same", 8);
        step.add(Branch.when(
                Call.may(OPENAT, cwd(), text(file), flags(O_RDONLY, O_NOFOLLOW, O_CLOEXEC))
                        .opens(there),
                Sign.NOT_NEGATIVE,
                Call.may(READ, fd(there), Scratch.content(), number(Scratch.PLACE))
                        .into(LENGTH),
                Branch.when(
                        Memory.compare(LENGTH, length, Integer.BYTES),
                        Sign.ZERO,
                        Branch.when(
                                Memory.same(Scratch.content(), bytes, length), Sign.ZERO, Memory.set(same, number(1)))),
                Call.may(CLOSE, fd(there))));
        Step.Draft write = Step.by(Actor.JBOX, name, Place.DEFAULT);
        file(write, bytes, length, aside, file);
        step.add(new Branch(
                Memory.compare(same, 0, Long.BYTES), Sign.ZERO, write.build().body()));
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static int length(String text) {
        return bytes(text).length;
    }

    /** Copies a value that is as wide as its placeholder. */
    private static void put(Step.Draft step, String text, String place, Arg.Cell bytes, Arg from, int width) {
        for (int at : places(text, place)) {
            step.add(Memory.copy(new Arg.Part(bytes, at), from, width));
        }
    }

    /** Writes a number over a placeholder and fills up with blanks, which JSON ignores. */
    private static void digits(Step.Draft step, String text, String place, Arg.Cell bytes, Arg value) {
        for (int at : places(text, place)) {
            Arg there = new Arg.Part(bytes, at);
            step.add(
                    Memory.copy(there, text(" ".repeat(PID_WIDTH)), PID_WIDTH),
                    Memory.digits(there, value).into(LENGTH),
                    Memory.set(TO, there),
                    Memory.add(TO, new Arg.ValueOf(LENGTH)),
                    Memory.copy(new Arg.ValueOf(TO), text(" "), 1));
        }
    }

    private static List<Integer> places(String text, String place) {
        List<Integer> places = new ArrayList<>();
        for (int at = text.indexOf(place); at >= 0; at = text.indexOf(place, at + 1)) {
            places.add(length(text.substring(0, at)));
        }
        return places;
    }
}
