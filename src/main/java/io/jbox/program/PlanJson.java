package io.jbox.program;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Turns a plan into maps and lists, for JSON output. */
final class PlanJson implements Statement.Visitor {
    private List<Object> entries = new ArrayList<>();

    Map<String, Object> of(Plan plan) {
        List<Object> shown = new ArrayList<>();
        for (Map.Entry<Phase, List<Step>> phase : plan.phases().entrySet()) {
            for (Step step : phase.getValue()) {
                Map<String, Object> entry = new LinkedHashMap<>();
                entry.put("phase", phase.getKey().name().toLowerCase(Locale.ROOT));
                entry.put("actor", step.actor().heading());
                entry.putAll(entry(step));
                shown.add(entry);
            }
        }
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("box", plan.box());
        tree.put("steps", shown);
        return tree;
    }

    private List<Object> entries(List<Statement> statements) {
        List<Object> outer = entries;
        entries = new ArrayList<>();
        for (Statement statement : statements) {
            statement.accept(this);
        }
        List<Object> inner = entries;
        entries = outer;
        return inner;
    }

    private static Map<String, Object> entry(Call call) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("call", call.syscall().kernelName());
        entry.put("notation", call.notation());
        entry.put("outcome", call.outcome().name().toLowerCase(Locale.ROOT));
        return entry;
    }

    private Map<String, Object> entry(Step step) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("subject", step.subject());
        entry.put("place", step.place().isDefault() ? null : step.place().toString());
        entry.put("calls", entries(step.body()));
        return entry;
    }

    @Override
    public void visit(Step step) {
        entries.add(entry(step));
    }

    @Override
    public void visit(Call call) {
        entries.add(entry(call));
    }

    @Override
    public void visit(Memory memory) {
        entries.add(Map.of("memory", memory.notation()));
    }

    @Override
    public void visit(Effect effect) {
        entries.add(Map.of("effect", effect.notation()));
    }

    @Override
    public void visit(Branch branch) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("if", entries(List.of(branch.action())).get(0));
        entry.put("is", branch.sign().notation());
        entry.put("then", entries(branch.then()));
        entries.add(entry);
    }

    @Override
    public void visit(Loop loop) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("loop", loop.label().name());
        entry.put("body", entries(loop.body()));
        entries.add(entry);
    }

    @Override
    public void visit(Jump jump) {
        entries.add(Map.of(jump.again() ? "again" : "leave", jump.loop().name()));
    }

    @Override
    public void visit(Fork fork) {
        Map<String, Object> entry = entry(fork.call());
        if (fork.child() != null) {
            entry.put("child", fork.child().heading());
        } else {
            entry.put("body", entries(fork.body()));
        }
        entries.add(entry);
    }

    @Override
    public void visit(Undo undo) {
        entries.add(Map.of("undo", entries(undo.body())));
    }

    @Override
    public void visit(Fail fail) {
        entries.add(Map.of("fail", fail.reason().name().toLowerCase(Locale.ROOT)));
    }
}
