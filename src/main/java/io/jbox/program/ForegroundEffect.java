package io.jbox.program;

import java.util.List;

/** What jbox does while a command runs in the foreground. */
public sealed interface ForegroundEffect extends Effect {
    /** Passes signals that jbox gets on to the command, from now on. */
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
     * Copies the bytes of a standard descriptor of the caller's to a pipe, or from it, from now on.
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

    /** Carries what is typed and what is shown between the caller's terminal and another one, until its other end is closed. */
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
     * @param status a pipe that says how it has ended
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
}
