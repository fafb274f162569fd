package io.jbox.program;

import java.util.List;

/**
 * Runs some statements if a result has a given sign, else skips them.
 *
 * @param action fails as usual if it must succeed and does not, whatever the sign
 */
public record Branch(Action action, Sign sign, List<Statement> then) implements Statement {
    public static Branch when(Action action, Sign sign, Statement... then) {
        return new Branch(action, sign, List.of(then));
    }

    @Override
    public void accept(Visitor visitor) {
        visitor.visit(this);
    }
}
