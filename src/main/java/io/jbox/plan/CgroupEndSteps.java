package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.problem.Place;
import io.jbox.problem.RawText;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.ArrayList;
import java.util.List;

/** Reports whether a command that has ended ran out of memory, and removes its cgroups. */
final class CgroupEndSteps {
    private static final Arg CONTENT = Scratch.content();
    private static final Arg.Cell LENGTH = new Arg.Cell("events-length", 8);
    private static final Arg.Cell AT = new Arg.Cell("events-at", 8);
    private static final Arg.Cell END = new Arg.Cell("events-end", 8);
    private static final Arg.Cell COUNT = new Arg.Cell("events-count", 8);
    private static final Arg.Cell DIGITS = new Arg.Cell("events-digits", 8);
    private static final Arg.Cell REMOVED = new Arg.Cell("removal-result", 8);
    private static final Arg.Cell TRIES = new Arg.Cell("removal-tries", 8);
    private static final Descriptor EVENTS = new Descriptor("memory-events");
    private static final String KILLS = "\noom_kill ";
    private static final int STANDARD_ERROR = 2;
    /** How often to try, since its processes may take a moment to exit. */
    private static final int MOST_TRIES = 100;

    private static final long PAUSE_NANOS = 5_000_000;

    private final String box;
    private final List<String> cgroups;

    CgroupEndSteps(String box, List<String> cgroups) {
        this.box = box;
        this.cgroups = List.copyOf(cgroups);
    }

    void add(List<Step> steps) {
        steps.add(tell());
        steps.add(remove("remove the command's cgroups", cgroups));
    }

    /** Removes cgroups whose processes are about to end; missing ones are ignored. */
    static Step remove(String subject, List<String> cgroups) {
        Step.Draft remove = Step.by(Actor.JBOX, subject, Place.DEFAULT);
        for (int i = cgroups.size() - 1; i >= 0; i--) {
            Loop.Label loop = new Loop.Label("removal-" + i);
            remove.add(
                    Memory.set(TRIES, number(0)),
                    Loop.of(
                            loop,
                            Branch.when(
                                    Call.may(UNLINKAT, cwd(), text(cgroups.get(i)), flags(AT_REMOVEDIR))
                                            .into(REMOVED),
                                    Sign.NOT_NEGATIVE,
                                    Jump.leave(loop)),
                            Branch.when(
                                    Memory.compare(REMOVED, -Errno.ENOENT, Integer.BYTES), Sign.ZERO, Jump.leave(loop)),
                            Memory.add(TRIES, 1),
                            Branch.when(Memory.compare(TRIES, MOST_TRIES, Integer.BYTES), Sign.ZERO, Jump.leave(loop)),
                            Times.pause(PAUSE_NANOS),
                            Jump.again(loop)));
        }
        return remove.build();
    }

    /** Only the first existing counter file is used, as in jbox. */
    private Step tell() {
        List<Statement> body = new ArrayList<>();
        for (String cgroup : cgroups) {
            for (String file : List.of("/memory.events", "/memory.oom_control")) {
                body.add(Branch.when(
                        Call.may(OPENAT, cwd(), text(cgroup + file), flags(O_RDONLY, O_CLOEXEC))
                                .opens(EVENTS),
                        Sign.NOT_NEGATIVE,
                        Memory.set(LENGTH, number(0)),
                        Call.may(READ, fd(EVENTS), CONTENT, number(Scratch.PLACE))
                                .into(LENGTH),
                        Call.may(CLOSE, fd(EVENTS)),
                        Branch.when(Memory.add(LENGTH, 0), Sign.POSITIVE, tell(body.size()))));
            }
        }
        return Step.by(Actor.JBOX, "report processes that were killed for lack of memory", Place.DEFAULT)
                .add(body.toArray(new Statement[0]))
                .build();
    }

    private Statement tell(int number) {
        Loop.Label search = new Loop.Label("kills-" + number);
        Loop.Label digits = new Loop.Label("kills-digits-" + number);
        String before = "jbox: " + box + ": out of memory: the kernel has killed ";
        String after = " of its processes\n";
        return Loop.of(
                search.part("all"),
                Memory.set(AT, CONTENT),
                Memory.set(END, CONTENT),
                Memory.add(END, new Arg.ValueOf(LENGTH)),
                Loop.of(
                        search,
                        Branch.when(Memory.same(AT, END, Long.BYTES), Sign.ZERO, Jump.leave(search.part("all"))),
                        Branch.when(
                                Memory.same(new Arg.ValueOf(AT), text(KILLS), KILLS.length()),
                                Sign.ZERO,
                                Jump.leave(search)),
                        Memory.add(AT, 1),
                        Jump.again(search)),
                Memory.add(AT, KILLS.length()),
                Branch.when(
                        Memory.same(new Arg.ValueOf(AT), text("0\n"), 2), Sign.ZERO, Jump.leave(search.part("all"))),
                Memory.copy(DIGITS, AT, Long.BYTES),
                Memory.set(COUNT, number(0)),
                Loop.of(
                        digits,
                        Branch.when(Memory.same(DIGITS, END, Long.BYTES), Sign.ZERO, Jump.leave(digits)),
                        Branch.when(Memory.same(new Arg.ValueOf(DIGITS), text("\n"), 1), Sign.ZERO, Jump.leave(digits)),
                        Memory.add(DIGITS, 1),
                        Memory.add(COUNT, 1),
                        Jump.again(digits)),
                write(text(before), number(RawText.encode(before).length)),
                write(new Arg.ValueOf(AT), new Arg.ValueOf(COUNT)),
                write(text(after), number(after.length())),
                Jump.leave(search.part("all")));
    }

    private static Statement write(Arg text, Arg length) {
        return Call.may(WRITE, number(STANDARD_ERROR), text, length);
    }
}
