package io.jbox.program;

import io.jbox.problem.Printable;
import java.util.List;

/** Prints a plan as text for people. */
final class PlanText implements Statement.Visitor {
    private static final String INDENT = "    ";

    private final StringBuilder out = new StringBuilder();
    private String margin = "";

    String of(Plan plan) {
        Actor actor = null;
        for (Step step : plan.steps()) {
            if (step.actor() != actor) {
                actor = step.actor();
                out.append(out.isEmpty() ? "" : "\n")
                        .append("[")
                        .append(actor.heading())
                        .append("]\n");
            }
            step.accept(this);
        }
        return out.toString();
    }

    /** Steps without a heading. */
    String of(List<Step> steps) {
        lines(steps);
        return out.toString();
    }

    private void lines(List<? extends Statement> statements) {
        for (Statement statement : statements) {
            statement.accept(this);
        }
    }

    private void line(String text) {
        out.append(margin).append(text).append('\n');
    }

    private void block(String head, List<Statement> body) {
        line(head + " {");
        String outer = margin;
        margin += INDENT;
        lines(body);
        margin = outer;
        line("}");
    }

    @Override
    public void visit(Step step) {
        line("# " + Printable.of(step.subject()) + (step.place().isDefault() ? "" : "   (" + step.place() + ")"));
        lines(step.body());
    }

    @Override
    public void visit(Call call) {
        line(call.notation() + (call.remark().isEmpty() ? "" : "   /* " + call.remark() + " */"));
    }

    @Override
    public void visit(Memory memory) {
        line(memory.notation());
    }

    @Override
    public void visit(Effect effect) {
        line(effect.notation());
    }

    @Override
    public void visit(Branch branch) {
        block("if " + branch.action().notation() + " " + branch.sign().notation(), branch.then());
    }

    @Override
    public void visit(Loop loop) {
        block("loop " + loop.label().name(), loop.body());
    }

    @Override
    public void visit(Jump jump) {
        line(jump.notation());
    }

    @Override
    public void visit(Fork fork) {
        if (fork.child() != null) {
            line(fork.call().notation() + "   /* the child: [" + fork.child().heading() + "] */");
        } else {
            block(fork.call().notation() + "   /* the child: */", fork.body());
        }
    }

    @Override
    public void visit(Undo undo) {
        for (Statement statement : undo.body()) {
            String outer = margin;
            margin += "undo: ";
            statement.accept(this);
            margin = outer;
        }
    }

    @Override
    public void visit(Fail fail) {
        line("fail" + (fail.status() == null ? "" : " with " + fail.status().notation()) + remark(fail.reason()));
    }

    private static String remark(Fail.Reason reason) {
        return switch (reason) {
            case LATE -> "   /* it took too long */";
            case REFUSED -> "   /* the kernel has refused the request */";
            case IN_USE -> "   /* another machine has the address */";
            case REPORTED -> "   /* the report says why */";
            case STATUS, NOT_EXECUTED, CHANGED, SAID -> "";
        };
    }
}
