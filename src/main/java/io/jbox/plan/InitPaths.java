package io.jbox.plan;

import static io.jbox.program.Arg.text;

import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.Memory;
import io.jbox.program.ProcArg;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;

/** Puts the paths below the /proc directory of a box's first process together when the program runs. */
final class InitPaths {
    private static final Arg.Cell LENGTH = new Arg.Cell("init-path-length", 8);
    private static final Arg.Cell AT = new Arg.Cell("init-path-at", 8);
    private static final int DIGITS = 24;

    private final Arg pid;
    private int count;

    /** @param pid of the first process on the host, at the time of the call */
    InitPaths(Arg pid) {
        this.pid = pid;
    }

    /** Returns the same steps with paths that are known when they run. */
    List<Step> in(List<Step> steps) {
        List<Step> resolved = new ArrayList<>();
        for (Step step : steps) {
            List<Statement> body = new ArrayList<>();
            for (Statement statement : step.body()) {
                if (statement instanceof Call call) {
                    body.add(in(call, body));
                } else {
                    body.add(statement);
                }
            }
            resolved.add(new Step(step.actor(), step.subject(), step.place(), body, step.hints(), step.code()));
        }
        return resolved;
    }

    private Call in(Call call, List<Statement> before) {
        List<Arg> arguments = new ArrayList<>();
        for (Arg argument : call.arguments()) {
            if (argument instanceof ProcArg.OfInit path) {
                String start = path.before() + "/proc/";
                Arg.Cell cell = new Arg.Cell(
                        "init-path-" + count++,
                        start.length() + DIGITS + path.file().length());
                Arg digits = new Arg.Part(cell, start.length());
                before.addAll(List.of(
                        Memory.text(cell, text(start)),
                        Memory.digits(digits, pid).into(LENGTH),
                        Memory.set(AT, digits),
                        Memory.add(AT, new Arg.ValueOf(LENGTH)),
                        Memory.text(new Arg.ValueOf(AT), text("/" + path.file()))));
                arguments.add(cell);
            } else {
                arguments.add(argument);
            }
        }
        return new Call(call.name(), arguments, call.outcome(), call.result(), call.into());
    }
}
