package io.jbox.program;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes a process or thread. The caller goes on with what comes behind.
 *
 * @param call clone or clone3
 * @param child whose steps it takes; null where it takes the statements of the body
 * @param body ends with an exit or an execve; what fails in it ends the child
 */
public record Fork(Call call, @Nullable Actor child, List<Statement> body) implements Statement {
    /** A process whose steps are told by themselves. */
    public static Fork of(Call call, Actor child) {
        return new Fork(call, child, List.of());
    }

    /** One that does only this. */
    public static Fork of(Call call, List<Statement> body) {
        return new Fork(call, null, List.copyOf(body));
    }

    @Override
    public void accept(Visitor visitor) {
        visitor.visit(this);
    }
}
