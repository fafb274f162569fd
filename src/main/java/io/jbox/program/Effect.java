package io.jbox.program;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What jbox does that is no system call of its own program: it runs a program of the host, or writes down what it must know
 * afterwards. Whoever carries a plan out has one interpreter of these.
 *
 * @param arguments as its kind wants them
 * @param result the descriptor that it gives, if any
 */
public record Effect(
        Kind kind, List<Arg> arguments, @Nullable Descriptor result) implements Statement {
    /** What is done. */
    public enum Kind {
        /** {@code (bridge)}: brings up a bridge of jbox's own that all boxes share. */
        BRIDGE_UP("bring_up"),
        /** {@code (folder)}: takes the box's lock; what an earlier run of it has left is done first. */
        LOCK_BOX("lock"),
        /** {@code (box)}: writes the box's address and name into the book of the bridge. */
        REGISTER("register"),
        /** {@code (file, state)}: writes the record of the box, with what is known of it by then. */
        RECORD("record"),
        /** {@code (file, filter)}: keeps the filter of system calls for those that join. */
        KEEP_FILTER("keep"),
        /** {@code (stage, words)}: runs a hook, or a script of an interface, and waits for it. */
        HOOK("hook"),
        /** {@code (words)}: runs the script that makes a root file system, unless somebody else has made it. */
        TEMPLATE("template"),
        /** {@code (profile)}: loads jbox's profile of AppArmor unless it is there. */
        LOAD_PROFILE("load"),
        /** {@code (tree...)}: keeps the owners of trees as they are, or lets them be the box's (rootfs.options: shift). */
        HOLD_TREES("hold"),
        /** {@code (path, words[, descriptor that ends it])}: starts a program of the host and waits until it is ready. */
        PROGRAM("program"),
        /** {@code (file, what the interface is like)}: writes down what is owed to the host. */
        JOURNAL("journal"),
        /** {@code (box)}: moves a command that waits to the box's cgroup. */
        ENTER_CGROUP("enter"),
        /** {@code (folder)}: keeps the box's namespaces for the hooks of its end. */
        PIN_NAMESPACES("pin");

        private final String word;

        Kind(String word) {
            this.word = word;
        }
    }

    public static Effect of(Kind kind, Arg... arguments) {
        return new Effect(kind, List.of(arguments), null);
    }

    /** The same, and it gives a descriptor. */
    public Effect opens(Descriptor descriptor) {
        return new Effect(kind, arguments, descriptor);
    }

    /** {@code @hook("pre-start", ["sh", "-c", "…"])}: the sign says that it is no call. */
    public String notation() {
        List<String> shown = new ArrayList<>();
        for (Arg argument : arguments) {
            shown.add(argument.notation());
        }
        String effect = "@" + kind.word + "(" + String.join(", ", shown) + ")";
        return result == null ? effect : effect + " = " + result;
    }

    @Override
    public void accept(Visitor visitor) {
        visitor.visit(this);
    }
}
