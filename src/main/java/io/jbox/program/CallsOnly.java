package io.jbox.program;

/** A visitor that ignores all statements except the kinds that it overrides. */
abstract class CallsOnly implements Statement.Visitor {
    @Override
    public void visit(Call call) {}

    @Override
    public void visit(Memory memory) {}

    @Override
    public void visit(Effect effect) {}

    @Override
    public void visit(Branch branch) {}

    @Override
    public void visit(Loop loop) {}

    @Override
    public void visit(Jump jump) {}

    @Override
    public void visit(Fork fork) {}

    @Override
    public void visit(Fail fail) {}

    @Override
    public void visit(Undo undo) {}

    @Override
    public void visit(Step step) {}
}
