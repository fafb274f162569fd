package io.jbox.life;

import io.jbox.cgroup.BoxCgroup;
import io.jbox.facts.KnownTerminal;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.OwnProcess;
import io.jbox.launch.Effects;
import io.jbox.problem.JboxException;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.EffectVisitor;
import io.jbox.program.Step;
import io.jbox.state.BoxRecord;
import java.util.Map;

/**
 * Carries out the effects of a command that enters a running box: the parts of its plan that are not system calls.
 *
 * @param init pidfd of the box's init, already verified
 * @param root its root directory
 * @param terminal owner of the command's terminal, if it has one
 */
record Entrance(BoxRegistry registry, BoxRecord record, Fd init, Fd root, KnownTerminal terminal) implements Effects {
    @Override
    public void carryOut(Step step, Effect effect, Map<Descriptor, Fd> open, Processes made) {
        effect.by(new EffectVisitor() {
            @Override
            public void findBox(Effect.FindBox find) {
                handOver(open, find.init());
            }

            @Override
            public void openTerminal(Effect.OpenTerminal opening) {
                new BoxTerminal(kernel(), box()).open(root, terminal, open);
            }

            @Override
            public void enterCgroup(Effect.EnterCgroup entering) {
                enter(made.main());
            }
        });
    }

    private Kernel kernel() {
        return registry.kernel();
    }

    private String box() {
        return record.spec().name();
    }

    /** Passes copies to the launcher, which closes them. */
    private void handOver(Map<Descriptor, Fd> open, Arg.Pair descriptors) {
        try (Fd target = init.copy();
                Fd targetRoot = root.copy()) {
            open.put(descriptors.first(), target.release());
            open.put(descriptors.second(), targetRoot.release());
        } catch (KernelException e) {
            throw e.about(box() + ": fcntl");
        }
    }

    /** To move a process, the caller needs write access to the common ancestor of both cgroups (cgroups(7)). */
    private void enter(int command) {
        if (new BoxCgroup(record.spec().isolation().cgroups()).enter(command)) {
            return;
        }
        if (OwnProcess.isRoot(kernel())) {
            throw new JboxException(box() + ": its cgroup cannot be entered", "has it just ended?");
        }
        registry.notices()
                .tell(
                        box()
                                + ": the command is outside the box's cgroup and its limits: this session is in no cgroup of this user (systemd-run --user --scope -p Delegate=yes jbox exec ...)");
    }
}
