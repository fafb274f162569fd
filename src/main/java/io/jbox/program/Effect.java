package io.jbox.program;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What jbox does besides system calls: it runs a host program, or records what it must know later. An executor of plans
 * has one interpreter of these.
 *
 * @param arguments as its kind wants them
 * @param result the descriptor that it returns, if any
 */
public record Effect(
        Kind kind, List<Arg> arguments, @Nullable Descriptor result) implements Statement {
    public enum Kind {
        /** {@code (bridge)}: brings up a jbox bridge that all boxes share. */
        BRIDGE_UP("bring_up"),
        /** {@code (folder)}: locks the box, after cleaning up what an earlier run of it left. */
        LOCK_BOX("lock"),
        /** {@code (box)}: registers the box's address and name on the bridge. */
        REGISTER("register"),
        /** {@code (file, state)}: writes the box's record with what is known so far. */
        RECORD("record"),
        /** {@code (file, filter)}: stores the system call filter for processes that join. */
        KEEP_FILTER("keep"),
        /** {@code (stage, words)}: runs a hook or an interface script, and waits for it. */
        HOOK("hook"),
        /** {@code (words)}: runs the script that makes a root file system, unless another process has made it. */
        TEMPLATE("template"),
        /** {@code (profile)}: loads jbox's AppArmor profile if it is not loaded. */
        LOAD_PROFILE("load"),
        /** {@code (tree...)}: locks the owners of trees, or gives the trees to the box (rootfs.options: shift). */
        HOLD_TREES("hold"),
        /** {@code (box, [its init, init's root])}: finds a running box, and opens both for as long as that init is the one. */
        FIND_BOX("find"),
        /** {@code (box, [master, peer])}: opens a pseudo terminal of the box's own, or of the host's where it has none. */
        TERMINAL("terminal"),
        /** {@code (path, words[, descriptor that ends it])}: starts a host program and waits until it is ready. */
        PROGRAM("program"),
        /** {@code (file, what the interface is like)}: records an interface that must be given back to the host. */
        JOURNAL("journal"),
        /** {@code (box, cgroups)}: moves a waiting command to the box's cgroups of version 2. */
        ENTER_CGROUP("enter"),
        /** {@code (folder)}: pins the box's namespaces for the hooks that run at its end. */
        PIN_NAMESPACES("pin");

        private final String word;

        Kind(String word) {
            this.word = word;
        }
    }

    public static Effect of(Kind kind, Arg... arguments) {
        return new Effect(kind, List.of(arguments), null);
    }

    /** Returns the same effect with the descriptor that it opens. */
    public Effect opens(Descriptor descriptor) {
        return new Effect(kind, arguments, descriptor);
    }

    /** Returns {@code @hook("pre-start", ["sh", "-c", "…"])}; the {@code @} tells it from a system call. */
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
