package io.jbox.cli;

import io.jbox.life.BoxCompiler;
import io.jbox.life.BoxDefinition;
import io.jbox.problem.JboxException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code jbox compile NAME}: makes programs of what commands do with a box, which need no JVM. */
final class CompileCommand implements Command {
    private static final Option USED = new Option('\0', "used", null, "only commands that have been used with it");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "compile",
                "NAME",
                "makes programs that use a box without a JVM",
                "Prints their files. jbox does this by itself, in the background, when a box has been used; a program looks first\n"
                        + "whether everything is as it was, and leaves the work to jbox where it is not. Only root's boxes are compiled.\n",
                List.of(USED),
                false);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        String box = arguments.operand("box");
        BoxCompiler compiler = surroundings.compiler(arguments);
        if (compiler == null) {
            throw new JboxException(
                    "compile: nothing is compiled for this jbox",
                    "root must call it by a path without .. in it, with a cache that is root's alone, and without -P or JBOX_*");
        }
        for (String file :
                compiler.compile(box, definition(box, compiler, arguments, surroundings), !arguments.has(USED))) {
            surroundings.out().println(file);
        }
        return 0;
    }

    /** Null for a box that runs and has no definition of its name: it was started from a file somewhere else. */
    private static @Nullable BoxDefinition definition(
            String box, BoxCompiler compiler, Arguments arguments, Surroundings surroundings) {
        try {
            return surroundings.definition(arguments, box);
        } catch (JboxException e) {
            if (compiler.runs(box)) {
                return null;
            }
            throw e;
        }
    }
}
