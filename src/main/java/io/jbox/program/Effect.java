package io.jbox.program;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What jbox does besides system calls: it runs a host program, or records what it must know later. Code that carries
 * out a plan has an {@link EffectVisitor}.
 */
public sealed interface Effect extends Statement
        permits Effect.LockBox,
                Effect.WriteRecord,
                Effect.Settle,
                Effect.KeepFilter,
                Effect.Hook,
                Effect.Template,
                Effect.LoadProfile,
                Effect.HoldTrees,
                Effect.Assemble,
                Effect.FindBox,
                Effect.OpenTerminal,
                Effect.HostProgram,
                Effect.EnterCgroup,
                Effect.PinNamespaces,
                Effect.WritePid,
                Effect.MakeCaches,
                Effect.MakeAgentFolder,
                ClaimEffect,
                ForegroundEffect,
                NetworkEffect {
    /** The descriptor that it gives, if any. */
    default @Nullable Descriptor result() {
        return null;
    }

    /** Lets a visitor carry it out. */
    void by(EffectVisitor visitor);

    /** Returns {@code @hook(["/bin/sh", "-c", "…"])}; the {@code @} tells it from a system call. */
    String notation();

    @Override
    default void accept(Visitor visitor) {
        visitor.visit(this);
    }

    /** Locks the box, after cleaning up what an earlier run of it left. */
    record LockBox(String folder) implements Effect {
        @Override
        public String notation() {
            return EffectText.shown("lock", List.of(Arg.text(folder)));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.lockBox(this);
        }
    }

    /** Writes the box's record. */
    record WriteRecord(String file, Recorded recorded) implements Effect {
        /** How far a start has come. */
        public enum Recorded {
            /** Nothing has been made. */
            BEGUN("STARTING"),
            /** The monitor and the first process exist. */
            MADE("STARTING"),
            /** The box's program runs. */
            RUNS("RUNNING");

            private final String state;

            Recorded(String state) {
                this.state = state;
            }
        }

        @Override
        public String notation() {
            return EffectText.shown("record", List.of(Arg.text(file), Arg.text(recorded.state)));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.writeRecord(this);
        }
    }

    /**
     * Cleans up a box after a failed start: returns its interfaces, releases its names and addresses, and removes its
     * cgroups and its record.
     *
     * @param folder of the box's state
     */
    record Settle(String folder) implements Effect {
        @Override
        public String notation() {
            return EffectText.shown("settle", List.of(Arg.text(folder)));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.settle(this);
        }
    }

    /** Stores the system call filter for processes that join. */
    record KeepFilter(String folder, DataArg.Filter filter) implements Effect {
        @Override
        public String notation() {
            return EffectText.shown("keep", List.of(Arg.text(folder), filter));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.keepFilter(this);
        }
    }

    /** Runs a hook or an interface script by a shell, and waits for it. */
    record Hook(String line, List<String> environment) implements Effect {
        @Override
        public String notation() {
            return EffectText.shown(
                    "hook", List.of(new DataArg.Texts(List.of("/bin/sh", "-c", line)), new DataArg.Texts(environment)));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.hook(this);
        }
    }

    /** Runs the script that makes a root file system, unless another process has made it. */
    record Template(List<String> words) implements Effect {
        @Override
        public String notation() {
            return EffectText.shown("template", List.of(new DataArg.Texts(words)));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.template(this);
        }
    }

    /** Loads jbox's AppArmor profile if it is not loaded. */
    record LoadProfile(String profile) implements Effect {
        @Override
        public String notation() {
            return EffectText.shown("load", List.of(Arg.text(profile)));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.loadProfile(this);
        }
    }

    /** Locks the owners of trees, or gives the trees to the box (rootfs.options: shift). */
    record HoldTrees(List<String> trees, Descriptor locks) implements Effect {
        @Override
        public String notation() {
            return EffectText.shown("hold", Effect.texts(trees)) + " = " + locks;
        }

        @Override
        public Descriptor result() {
            return locks;
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.holdTrees(this);
        }
    }

    /**
     * Assembles the steps of a process into a program in separate memory.
     *
     * @param program of the process that it starts as
     * @param image to execute, or to map
     */
    record Assemble(Actor program, Descriptor image) implements Effect {
        @Override
        public String notation() {
            return "@assemble([" + program.heading() + "]) = " + image;
        }

        @Override
        public Descriptor result() {
            return image;
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.assemble(this);
        }
    }

    /**
     * Finds a running box, and opens its init and that process's root; the descriptors stay valid for this init only.
     */
    record FindBox(String box, Arg.Pair init) implements Effect {
        @Override
        public String notation() {
            return EffectText.shown("find", List.of(Arg.text(box), init));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.findBox(this);
        }
    }

    /** Opens a pseudo terminal in the box's devpts, or in the host's if the box has none. */
    record OpenTerminal(String box, Arg.Pair ends) implements Effect {
        @Override
        public String notation() {
            return EffectText.shown("terminal", List.of(Arg.text(box), ends));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.openTerminal(this);
        }
    }

    /** Starts a host program and waits until it is ready, or has ended. */
    record HostProgram(
            String file,
            List<Arg> words,
            @Nullable Descriptor tie,
            @Nullable Descriptor pidfd) implements Effect {
        @Override
        public String notation() {
            String program = EffectText.shown(
                    "program",
                    List.of(Arg.text(file), new Arg.Words(words), tie == null ? Arg.nothing() : Arg.fd(tie)));
            return pidfd == null ? program : program + " = " + pidfd;
        }

        @Override
        public @Nullable Descriptor result() {
            return pidfd;
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.hostProgram(this);
        }
    }

    /** Moves a waiting command to the box's cgroups of version 2. */
    record EnterCgroup(String box, List<String> folders) implements Effect {
        @Override
        public String notation() {
            return EffectText.shown("enter", List.of(Arg.text(box), new Arg.Words(Effect.texts(folders))));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.enterCgroup(this);
        }
    }

    /** Pins the box's namespaces for the hooks that run at its end. */
    record PinNamespaces(String folder) implements Effect {
        @Override
        public String notation() {
            return EffectText.shown("pin", List.of(Arg.text(folder)));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.pinNamespaces(this);
        }
    }

    /** Writes the process id of the box's first process to a file that the caller has named. */
    record WritePid(String path) implements Effect {
        @Override
        public String notation() {
            return EffectText.shown("write_pid", List.of(Arg.text(path)));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.writePid(this);
        }
    }

    /** Makes the missing cache folders of a developer, with the developer's rights. */
    record MakeCaches(List<String> folders) implements Effect {
        @Override
        public String notation() {
            return EffectText.shown("make_caches", Effect.texts(folders));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.makeCaches(this);
        }
    }

    /** Makes the folder with the sockets that lead to a developer's ssh-agent(1). */
    record MakeAgentFolder(String folder) implements Effect {
        @Override
        public String notation() {
            return EffectText.shown("make_agent_folder", List.of(Arg.text(folder)));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.makeAgentFolder(this);
        }
    }

    private static List<Arg> texts(List<String> texts) {
        List<Arg> all = new ArrayList<>();
        for (String text : texts) {
            all.add(Arg.text(text));
        }
        return all;
    }
}
