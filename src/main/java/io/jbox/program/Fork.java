package io.jbox.program;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes a process or thread. The caller continues with the next statement, also if the call may fail and has failed.
 *
 * @param call clone or clone3
 * @param child runs its own steps; null if the child runs the body
 * @param body ends with an exit or an execve; a failure in it ends the child
 */
public record Fork(Call call, @Nullable Actor child, List<Statement> body) implements Statement {
    /** Makes a process that has steps of its own. */
    public static Fork of(Call call, Actor child) {
        return new Fork(call, child, List.of());
    }

    /** Makes a process that runs only this body. */
    public static Fork of(Call call, List<Statement> body) {
        return new Fork(call, null, List.copyOf(body));
    }

    @Override
    public void accept(Visitor visitor) {
        visitor.visit(this);
    }
}
