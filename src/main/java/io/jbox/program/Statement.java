package io.jbox.program;

/** One thing that a process does. */
public sealed interface Statement permits Action, Effect, Branch, Loop, Jump, Fork, Fail, Undo, Step {
    void accept(Visitor visitor);

    /** Visits statements by their kind. */
    interface Visitor {
        void visit(Call call);

        void visit(Memory memory);

        void visit(Effect effect);

        void visit(Branch branch);

        void visit(Loop loop);

        void visit(Jump jump);

        void visit(Fork fork);

        void visit(Fail fail);

        void visit(Undo undo);

        void visit(Step step);
    }
}
