package io.jbox.program;

import java.util.List;

/** Repeats some statements until one of them {@linkplain Jump leaves} the loop. */
public record Loop(Label label, List<Statement> body) implements Statement {
    /**
     * The name by which jumps refer to a loop.
     *
     * @param name shown in plans; unique among the loops around a statement
     */
    public record Label(String name) {
        /** The label of a loop in or around this one. */
        public Label part(String part) {
            return new Label(name + "-" + part);
        }
    }

    public static Loop of(Label label, Statement... body) {
        return new Loop(label, List.of(body));
    }

    @Override
    public void accept(Visitor visitor) {
        visitor.visit(this);
    }
}
