package io.jbox.program;

import java.util.List;

/**
 * Repeats some statements until one of them {@linkplain Jump leaves} the loop.
 *
 * @param name unique in a process
 */
public record Loop(String name, List<Statement> body) implements Statement {
    public static Loop of(String name, Statement... body) {
        return new Loop(name, List.of(body));
    }

    @Override
    public void accept(Visitor visitor) {
        visitor.visit(this);
    }
}
