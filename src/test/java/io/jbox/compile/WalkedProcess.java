package io.jbox.compile;

import io.jbox.kernel.Program;
import io.jbox.kernel.RecordingKernel;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.RawText;
import io.jbox.problem.Source;
import io.jbox.program.Actor;
import io.jbox.program.Descriptor;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One process's steps as ops, walked on a kernel that records: its calls answer what they are told, in order, then 0. */
final class WalkedProcess {
    /** What ends it: by a failure that is reported, and behind its last step. */
    static final int FAILED = 99;

    static final int DONE = 7;

    private static final Source SOURCE = new Source("test.yaml", "");

    private final Queue<Long> answers = new ArrayDeque<>();
    private final StringBuilder said = new StringBuilder();
    private final List<Long> waits = new ArrayList<>();
    private final RecordingKernel kernel = new RecordingKernel(this::answer);
    private final Program program = kernel.arena().program();
    private final ArgumentWriter arguments;
    private final Assembler assembler;
    private final Failures failures;

    private WalkedProcess(
            Function<Program, Failures> failures, Map<Descriptor, Integer> open, Map<Actor, Long> children) {
        arguments = new ArgumentWriter(program, new HashMap<>(open), 0);
        this.failures = failures.apply(program);
        assembler = new Assembler(program, arguments, this.failures, children);
    }

    /** One whose failures jbox reads from its results. */
    static WalkedProcess reported(List<Step> steps, long... answers) {
        WalkedProcess process = new WalkedProcess(
                program -> new ReportedFailures(
                        program, program.op(Syscall.EXIT_GROUP, FAILED).address()),
                Map.of(),
                Map.of());
        return process.walk(steps, null, answers);
    }

    /** One that says them itself. */
    static WalkedProcess spoken(List<Step> steps, long... answers) {
        SpokenFailures[] failures = new SpokenFailures[1];
        WalkedProcess process =
                new WalkedProcess(program -> failures[0] = new SpokenFailures(program, "tool", 1), Map.of(), Map.of());
        return process.walk(steps, failures[0], answers);
    }

    /** One of a stand-alone program, which undoes as well. */
    static WalkedProcess told(List<Step> steps, long... answers) {
        SpokenFailures[] failures = new SpokenFailures[1];
        WalkedProcess process = new WalkedProcess(
                program -> {
                    SpokenFailures.Voice voice = new SpokenFailures.Voice("jbox: box: ", FAILED, 2, true);
                    failures[0] = new SpokenFailures(program, voice);
                    return new ToldFailures(program, failures[0]);
                },
                Map.of(),
                Map.of());
        return process.walk(steps, failures[0], answers);
    }

    private WalkedProcess walk(List<Step> steps, @Nullable SpokenFailures failures, long... results) {
        for (long result : results) {
            answers.add(result);
        }
        long first = program.next();
        assembler.add(steps);
        program.op(Syscall.EXIT_GROUP, DONE);
        if (failures != null) {
            failures.finish();
        }
        kernel.walk(first);
        return this;
    }

    private long answer(Syscall call, List<Long> arguments) {
        if (call == Syscall.WRITEV) {
            for (int i = 0; i < arguments.get(2); i++) {
                long part = arguments.get(1) + 16L * i;
                int length = (int) program.readLong(part + 8);
                said.append(length == 0 ? "" : RawText.decode(program.read(program.readLong(part), length)));
            }
            return 0;
        }
        if (call == Syscall.PPOLL) {
            // As the kernel does, when all of the time is over.
            long timeout = arguments.get(2);
            waits.add(program.readLong(timeout) * 1_000_000_000 + program.readLong(timeout + Long.BYTES));
            program.writeLong(timeout, 0);
            program.writeLong(timeout + Long.BYTES, 0);
        }
        Long next = answers.poll();
        return next == null ? 0 : next;
    }

    /** Name and first argument of each call, in order; how it ended is the last. */
    List<String> calls() {
        List<String> calls = new ArrayList<>();
        for (RecordingKernel.Made made : kernel.made()) {
            calls.add(made.name() + " " + made.arguments().get(0));
        }
        return calls;
    }

    /** How long it has waited each time, in nanoseconds. */
    List<Long> waits() {
        return waits;
    }

    /** What it has written to standard error. */
    String said() {
        return said.toString();
    }

    @Nullable
    JboxException failure() {
        return ((ReportedFailures) failures).find("box");
    }

    /** A step of a line of test.yaml. */
    static Step step(String subject, int line, Statement... body) {
        return Step.by(Actor.INIT, subject, new Place(SOURCE, line, 3))
                .add(body)
                .build();
    }

    static long error(String name) {
        return -Errno.number(name);
    }
}
