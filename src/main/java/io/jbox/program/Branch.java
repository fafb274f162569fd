package io.jbox.program;

import java.util.List;

/**
 * Goes on with some statements if a result is so, else with what comes behind them.
 *
 * @param action where it must succeed and does not, it fails whatever the sign
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
