package io.jbox.plan;

import io.jbox.program.Arg;
import io.jbox.program.Memory;
import io.jbox.program.Statement;
import java.util.List;

/** A path below the /proc directory of a process that is known only when the program runs. */
final class ProcessPath {
    private static final String PROC = "/proc/";
    /** A number in decimal, with its NUL. */
    private static final int DIGITS = 24;

    private final String before;
    private final String file;
    private final Arg.Cell path;
    private final Arg.Cell length;
    private final Arg.Cell end;

    /** @param name unique in the program; threads have paths of their own */
    ProcessPath(String name, String file) {
        this(name, "", file);
    }

    /** @param before text in front of the path */
    ProcessPath(String name, String before, String file) {
        this.before = before + PROC;
        this.file = "/" + file;
        this.path = new Arg.Cell(name + "-path", this.before.length() + DIGITS + this.file.length());
        this.length = new Arg.Cell(name + "-path-length", Long.BYTES);
        this.end = new Arg.Cell(name + "-path-end", Long.BYTES);
    }

    /** The cell that contains the path once it is built. */
    Arg.Cell text() {
        return path;
    }

    /** Builds the path. */
    List<Statement> of(Arg process) {
        Arg digits = new Arg.Part(path, before.length());
        return List.of(
                Memory.text(path, Arg.text(before)),
                Memory.digits(digits, process).into(length),
                Memory.set(end, digits),
                Memory.add(end, new Arg.ValueOf(length)),
                Memory.text(new Arg.ValueOf(end), Arg.text(file)));
    }
}
