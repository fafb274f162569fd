package io.jbox.program;

/** What a process does next. */
public sealed interface Statement permits Action, Effect, Branch, Loop, Jump, Fork, Fail, Step {
    /** Shows itself to whoever wants to know what it is. */
    void accept(Visitor visitor);

    /** Who walks over statements. */
    interface Visitor {
        void visit(Call call);

        void visit(Memory memory);

        void visit(Effect effect);

        void visit(Branch branch);

        void visit(Loop loop);

        void visit(Jump jump);

        void visit(Fork fork);

        void visit(Fail fail);

        void visit(Step step);
    }
}
