package io.jbox.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.program.Action;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Effect;
import io.jbox.program.Fail;
import io.jbox.program.Fork;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.ProcArg;
import io.jbox.program.RouteArg;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.program.Undo;
import io.jbox.uapi.Flag;
import io.jbox.uapi.Processor;
import io.jbox.uapi.Syscall;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Walks the steps of one process along what strace(1) has seen of it: each call must be the plan's, with its texts and flags,
 * and its result says where the plan goes on.
 */
public final class TraceWalk implements Statement.Visitor {
    private static final Pattern LINE = Pattern.compile("(\\w+)\\((.*)\\)\\s+= (-?\\d+|\\?|0x[0-9a-f]+).*");
    /** Of their texts strace shows something else: bytes of messages, or of structures. */
    private static final List<Syscall> BINARY = List.of(Syscall.SENDTO, Syscall.BPF, Syscall.SECCOMP);

    private static final Pattern HEADER = Pattern.compile("nlmsg_type=([^,]+), nlmsg_flags=([^,]+),");
    private static final Pattern GENERATED = Pattern.compile("veth[a-z0-9X]{6}");

    private record Seen(String name, String arguments, long result, String line) {}

    /** The process has ended, or is another program now. */
    private static final class Over extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static final class Skipped extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static final class Jumped extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final transient Jump jump;

        Jumped(Jump jump) {
            super(jump.notation());
            this.jump = jump;
        }
    }

    /** Calls with the id of a process, or the code that one has ended with. */
    private static final Set<Syscall> KNOWN_LATER = Set.of(Syscall.PIDFD_OPEN, Syscall.EXIT_GROUP);

    private final List<Seen> trace = new ArrayList<>();
    private String subject = "";
    private @Nullable List<String> others;
    private int at;

    /** @param lines of a file of strace -ff */
    public TraceWalk(List<String> lines) {
        for (String line : lines) {
            Matcher matcher = LINE.matcher(line);
            // The kernel makes such a call again by itself: a sysctl of the network's while somebody has the rtnl lock.
            boolean again = line.contains("= ? ERESTART");
            if (matcher.matches() && !again) {
                String result = matcher.group(3);
                trace.add(new Seen(
                        matcher.group(1), matcher.group(2), result.equals("?") ? 0 : Long.decode(result), line));
            }
        }
    }

    /**
     * For jbox's own part, which has effects. Each call of the plan must be there, in order.
     *
     * @param others gets the calls between them
     */
    public TraceWalk among(List<String> others) {
        this.others = others;
        return this;
    }

    /** Returns how many calls were the plan's. */
    public int walk(List<? extends Statement> steps) {
        try {
            statements(steps);
        } catch (Over e) {
            return at;
        }
        int planned = at;
        for (Seen seen : trace.subList(at, trace.size())) {
            if (others == null) {
                throw new AssertionError("behind the last step: " + seen.line());
            }
            others.add(seen.line());
        }
        return planned + (others == null ? 0 : trace.size() - at);
    }

    /** What the first child does that has no steps told by themselves. */
    public static List<Statement> child(List<Step> steps) {
        for (Step step : steps) {
            for (Statement statement : step.body()) {
                if (statement instanceof Fork fork && !fork.body().isEmpty()) {
                    return fork.body();
                }
            }
        }
        throw new AssertionError("no child");
    }

    private void statements(List<? extends Statement> statements) {
        for (Statement statement : statements) {
            statement.accept(this);
        }
    }

    private Seen next(String planned) {
        assertThat(at).as(subject + ": " + planned + " was not made").isLessThan(trace.size());
        return trace.get(at++);
    }

    private long expect(Call call) {
        if (!call.arguments().isEmpty() && call.arguments().get(0) instanceof Arg.AllBut) {
            do {
                assertThat(next("close_range").name()).isEqualTo("close_range");
            } while (at < trace.size() && trace.get(at).name().equals("close_range"));
            return 0;
        }
        while (others != null && at < trace.size() && !isLike(call, trace.get(at))) {
            others.add(trace.get(at++).line());
        }
        Seen seen = next(call.notation());
        String where = subject + ": planned " + call.notation() + ", seen " + seen.line();
        assertThat(seen.name()).as(where).isEqualTo(call.syscall().kernelName());
        for (Arg argument : call.arguments()) {
            if (argument instanceof Arg.Text text && !BINARY.contains(call.syscall())) {
                assertThat(seen.arguments()).as(where).contains(text.notation());
            } else if (argument instanceof Arg.Flags flags) {
                assertThat(hasFlags(seen, flags)).as(where).isTrue();
            } else if (argument instanceof RouteArg.Message message) {
                assertThat(isRequest(seen, message)).as(where).isTrue();
            }
        }
        assertNumbers(call, seen, where);
        if (seen.name().equals("exit_group") || seen.name().equals("execve") && seen.result() == 0) {
            throw new Over();
        }
        if (seen.result() < 0 && call.outcome() == Call.Outcome.ELSE_SKIP_STEP) {
            throw new Skipped();
        }
        if (call.outcome() != Call.Outcome.MAY_FAIL) {
            assertThat(seen.result()).as(where).isNotNegative();
        }
        return seen.result();
    }

    /** Numbers that are known before; those that strace shows as names are compared as such. */
    private static void assertNumbers(Call call, Seen seen, String where) {
        List<String> shown = split(seen.arguments());
        for (int i = 0; i < Math.min(shown.size(), call.arguments().size()); i++) {
            Arg argument = call.arguments().get(i);
            boolean decimal = shown.get(i).matches("-?[0-9]+");
            if (decimal && argument instanceof Arg.Int number && !KNOWN_LATER.contains(call.syscall())) {
                assertThat((int) Long.parseLong(shown.get(i))).as(where).isEqualTo((int) number.value());
            } else if (decimal && argument instanceof DataArg.Mode mode && mode.type() == null) {
                assertThat(Integer.parseInt(shown.get(i), 8)).as(where).isEqualTo(mode.bits());
            }
        }
    }

    /** The arguments of a call, as strace separates them. */
    private static List<String> split(String arguments) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        boolean quoted = false;
        int begin = 0;
        for (int i = 0; i < arguments.length(); i++) {
            char c = arguments.charAt(i);
            if (c == '"' && (i == 0 || arguments.charAt(i - 1) != '\\')) {
                quoted = !quoted;
            } else if (!quoted && "([{".indexOf(c) >= 0) {
                depth++;
            } else if (!quoted && ")]}".indexOf(c) >= 0) {
                depth--;
            } else if (!quoted && depth == 0 && c == ',') {
                parts.add(arguments.substring(begin, i).strip());
                begin = i + 1;
            }
        }
        parts.add(arguments.substring(begin).strip());
        return parts;
    }

    /** Of some ioctls strace does not know what they take, and shows a number. */
    private static boolean hasFlags(Seen seen, Arg.Flags flags) {
        long value = Flag.value(flags.flags(), Processor.X86_64);
        boolean named = true;
        for (Flag flag : flags.flags()) {
            named &= seen.arguments().contains(flag.name());
        }
        return named || seen.name().equals("ioctl") && seen.arguments().contains("0x" + Long.toHexString(value));
    }

    /** strace(1) shows numbers, and bytes, where it does not know what family a socket is of. */
    private static boolean isRequest(Seen seen, RouteArg.Message message) {
        Matcher header = HEADER.matcher(seen.arguments());
        if (!header.find()) {
            return false;
        }
        boolean like = hasValue(header.group(1), List.of(message.type()));
        List<Flag> flags = new ArrayList<>(message.flags());
        like &= hasValue(header.group(2).replaceFirst("NLM_F_REQUEST[|]?", ""), flags);
        for (String text : texts(message)) {
            // What is made up at each start is not known before.
            like &= GENERATED.matcher(text).matches()
                    || seen.arguments().contains('"' + text + '"')
                    || seen.arguments().contains(escaped(text));
        }
        return like;
    }

    private static boolean hasValue(String shown, List<Flag> flags) {
        long value = 0;
        List<String> names = new ArrayList<>();
        for (String part : shown.split("[|]")) {
            if (part.startsWith("0x")) {
                value |= Long.decode(part.replaceFirst(" .*", ""));
            } else if (!part.isEmpty()) {
                names.add(part);
            }
        }
        long rest = 0;
        for (Flag flag : flags) {
            rest |= names.remove(flag.name()) ? 0 : flag.value(Processor.X86_64);
        }
        return names.isEmpty() && rest == value;
    }

    private static List<String> texts(RouteArg.Message message) {
        List<String> texts = new ArrayList<>();
        message.with(new RouteArg.Replacement() {
            @Override
            public RouteArg.Value of(RouteArg.Word text) {
                texts.add(text.text());
                return text;
            }
        });
        return texts;
    }

    private static String escaped(String text) {
        StringBuilder out = new StringBuilder();
        for (byte one : text.getBytes(StandardCharsets.UTF_8)) {
            out.append(String.format("\\x%02x", one));
        }
        return out.toString();
    }

    private static boolean isLike(Call call, Seen seen) {
        boolean like = seen.name().equals(call.syscall().kernelName());
        for (Arg argument : call.arguments()) {
            if (argument instanceof Arg.Text text && !BINARY.contains(call.syscall())) {
                like &= seen.arguments().contains(text.notation());
            } else if (argument instanceof ProcArg.OfInit path) {
                like &= seen.arguments().matches(".*/proc/[0-9]+/" + Pattern.quote(path.file()) + "\".*");
            } else if (argument instanceof Arg.Flags flags) {
                like &= hasFlags(seen, flags);
            } else if (argument instanceof RouteArg.Message message) {
                like &= isRequest(seen, message);
            }
        }
        return like;
    }

    @Override
    public void visit(Step step) {
        subject = step.subject();
        try {
            statements(step.body());
        } catch (Skipped e) {
            return; // on with the next step
        }
    }

    @Override
    public void visit(Call call) {
        expect(call);
    }

    @Override
    public void visit(Memory memory) {}

    @Override
    public void visit(Effect effect) {
        assertThat(others != null)
                .as(subject + ": only jbox itself has effects")
                .isTrue();
    }

    @Override
    public void visit(Branch branch) {
        Action action = branch.action();
        boolean taken;
        if (action instanceof Call call) {
            long result = expect(call);
            Sign sign = branch.sign();
            taken = result < 0 ? sign.hasNegative() : result == 0 ? sign.hasZero() : sign.hasPositive();
        } else {
            // What is in memory strace does not see: the next call tells.
            taken = at < trace.size() && isNext(branch.then());
        }
        if (taken) {
            statements(branch.then());
        }
    }

    private boolean isNext(List<Statement> statements) {
        if (statements.isEmpty()) {
            return false;
        }
        Statement first = statements.get(0);
        if (first instanceof Branch branch) {
            return branch.action() instanceof Call call ? is(call) : isNext(branch.then());
        }
        return first instanceof Call call && is(call);
    }

    private boolean is(Call call) {
        return trace.get(at).name().equals(call.syscall().kernelName());
    }

    @Override
    public void visit(Loop loop) {
        while (true) {
            try {
                statements(loop.body());
            } catch (Jumped jumped) {
                if (!jumped.jump.loop().equals(loop.label())) {
                    throw jumped;
                }
                if (!jumped.jump.again()) {
                    return;
                }
            }
        }
    }

    @Override
    public void visit(Jump jump) {
        throw new Jumped(jump);
    }

    @Override
    public void visit(Fork fork) {
        expect(fork.call());
    }

    /** Carried out only after a failure. */
    @Override
    public void visit(Undo undo) {}

    @Override
    public void visit(Fail fail) {
        throw new AssertionError(subject + " has failed");
    }
}
