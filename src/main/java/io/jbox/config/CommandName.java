package io.jbox.config;

/**
 * What a command of {@code run} is called where boxes have their names, in books and cgroups: its box's name with the
 * process id of the jbox that it ends with. No box can be called that.
 */
public final class CommandName {
    private static final char MARK = '~';

    private CommandName() {}

    /** The name of a process's command in a box. */
    public static String of(String box, long pid) {
        return box + suffix(pid);
    }

    /** What stands behind the box's name. */
    public static String suffix(long pid) {
        return MARK + Long.toString(pid);
    }

    /** The process id in a name; empty for a box's. */
    public static String pid(String name) {
        int mark = name.lastIndexOf(MARK);
        return mark < 0 ? "" : name.substring(mark + 1);
    }
}
