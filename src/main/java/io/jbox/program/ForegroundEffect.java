package io.jbox.program;

import java.util.List;

/** What jbox does while a command runs in the foreground, and when it has ended. */
public sealed interface ForegroundEffect extends Effect {
    /** Forwards jbox's signals to the command from now on. */
    record ForwardSignals() implements ForegroundEffect {
        @Override
        public String notation() {
            return EffectText.shown("forward_signals", List.of());
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.forwardSignals(this);
        }
    }

    /**
     * Copies the bytes of one of the caller's standard descriptors to a pipe, or from it, from now on.
     *
     * @param standard 0, 1 or 2
     * @param pipe jbox's end of it
     */
    record Carry(int standard, Descriptor pipe) implements ForegroundEffect {
        @Override
        public String notation() {
            Arg number = Arg.number(standard);
            return EffectText.shown(
                    "carry", standard == 0 ? List.of(number, Arg.fd(pipe)) : List.of(Arg.fd(pipe), number));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.carry(this);
        }
    }

    /**
     * Copies input and output between the caller's terminal and another one, until the latter's other end is closed.
     */
    record CarryTerminal(Descriptor master) implements ForegroundEffect {
        @Override
        public String notation() {
            return EffectText.shown("carry_terminal", List.of(Arg.fd(master)));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.carryTerminal(this);
        }
    }

    /**
     * Waits until the command has ended, and all of its output is written.
     *
     * @param status a pipe that carries its wait status
     */
    record AwaitEnd(Descriptor status) implements ForegroundEffect {
        @Override
        public String notation() {
            return EffectText.shown("await_end", List.of(Arg.fd(status)));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.awaitEnd(this);
        }
    }

    /** Removes the cgroups of a box that has ended, with those that it has made in them. */
    record RemoveCgroups(List<String> folders) implements ForegroundEffect {
        @Override
        public String notation() {
            return EffectText.shown("remove_cgroups", List.of(new DataArg.Texts(folders)));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.removeCgroups(this);
        }
    }

    /**
     * Removes the files of a box that is nothing but an image.
     *
     * @param folder the upper folder of its overlay
     */
    record RemoveUpper(String folder) implements ForegroundEffect {
        @Override
        public String notation() {
            return EffectText.shown("remove_upper", List.of(Arg.text(folder)));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.removeUpper(this);
        }
    }
}
