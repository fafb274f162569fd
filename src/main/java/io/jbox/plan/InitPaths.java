package io.jbox.plan;

import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.ProcArg;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;

/** Builds the paths below the /proc directory of a box's first process at run time. */
final class InitPaths {
    private final Arg pid;
    private int count;

    /** @param pid of the first process on the host, at the time of the call */
    InitPaths(Arg pid) {
        this.pid = pid;
    }

    /** Returns the same steps with paths that are built when they run. */
    List<Step> in(List<Step> steps) {
        List<Step> resolved = new ArrayList<>();
        for (Step step : steps) {
            resolved.add(step.with(new Step.Change() {
                @Override
                public List<Statement> of(Call call) {
                    return in(call);
                }
            }));
        }
        return resolved;
    }

    private List<Statement> in(Call call) {
        List<Statement> all = new ArrayList<>();
        List<Arg> arguments = new ArrayList<>();
        for (Arg argument : call.arguments()) {
            if (argument instanceof ProcArg.OfInit path) {
                ProcessPath known = new ProcessPath("init-" + count++, path.before(), path.file());
                all.addAll(known.of(pid));
                arguments.add(known.text());
            } else {
                arguments.add(argument);
            }
        }
        all.add(new Call(call.syscall(), arguments, call.outcome(), call.result(), call.into()));
        return all;
    }
}
