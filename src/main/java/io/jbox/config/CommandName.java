package io.jbox.config;

/**
 * Names for commands of {@code run} in places keyed by box name, such as bridge registers and cgroups: the box's name
 * with the process id of the jbox that the command ends with. No box can have such a name.
 */
public final class CommandName {
    private static final char MARK = '~';

    private CommandName() {}

    /** The name of a process's command in a box. */
    public static String of(String box, long pid) {
        return box + suffix(pid);
    }

    /** The part after the box's name. */
    public static String suffix(long pid) {
        return MARK + Long.toString(pid);
    }

    /** The process id in a name; empty for a box's name. */
    public static String pid(String name) {
        int mark = name.lastIndexOf(MARK);
        return mark < 0 ? "" : name.substring(mark + 1);
    }
}
