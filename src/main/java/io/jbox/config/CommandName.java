package io.jbox.config;

import java.util.function.Predicate;

/**
 * Names for commands of {@code run} in places keyed by box name, such as bridge registers and cgroups: the box's name
 * with the process id of the jbox that the command ends with. No box can have such a name.
 */
public final class CommandName {
    private static final char MARK = '~';
    private static final String SLOT = "slot";

    private CommandName() {}

    /** The name of a process's command in a box. */
    public static String of(String box, long pid) {
        return box + suffix(pid);
    }

    /** The part after the box's name. */
    public static String suffix(long pid) {
        return MARK + Long.toString(pid);
    }

    /**
     * The part after the box's name for commands that a compiled program runs one after another; the slot keeps its ids
     * and addresses.
     */
    public static String slotSuffix(int slot) {
        return MARK + SLOT + slot;
    }

    /** The process id in a name; empty for a box's name, and for a slot. */
    public static String pid(String name) {
        String own = own(name);
        return own.startsWith(SLOT) ? "" : own;
    }

    /** The slot in a name; empty for the name of a box or of one command. */
    public static String slot(String name) {
        String own = own(name);
        return own.startsWith(SLOT) ? own : "";
    }

    /**
     * Whether an owner's ids and addresses are released when a box is removed: those of the box and of its slots.
     *
     * @param taken tells of a slot whether a command uses it
     */
    public static boolean isReleasedWith(String box, String owner, Predicate<String> taken) {
        return owner.equals(box) || !slot(owner).isEmpty() && box(owner).equals(box) && !taken.test(owner);
    }

    /** The name of the box. */
    public static String box(String name) {
        int mark = name.lastIndexOf(MARK);
        return mark < 0 ? name : name.substring(0, mark);
    }

    private static String own(String name) {
        int mark = name.lastIndexOf(MARK);
        return mark < 0 ? "" : name.substring(mark + 1);
    }
}
