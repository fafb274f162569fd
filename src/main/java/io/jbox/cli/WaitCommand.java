package io.jbox.cli;

import io.jbox.Box;
import io.jbox.Jbox;
import io.jbox.state.BoxState;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code jbox wait NAME -s STATE}: waits until a box is in a state. */
final class WaitCommand implements Command {
    private static final int TOO_LATE = 1;
    private static final Option STATE = new Option('s', "state", "STATE[|STATE...]", "the states to wait for");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "wait",
                "NAME -s STATE[|STATE...]",
                "waits until a box is in one of the given states",
                "STATE is one of " + states() + ".\n" + "The exit code is 1 if that did not happen in time.\n",
                List.of(STATE, Option.TIMEOUT, Option.PATH, Option.JSON),
                true);
    }

    private static String states() {
        StringBuilder out = new StringBuilder();
        for (BoxState state : BoxState.values()) {
            out.append(out.isEmpty() ? "" : ", ").append(state);
        }
        return out.toString();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        String text = arguments.value(STATE);
        if (text == null) {
            throw arguments.usage("expected -s and a state");
        }
        Set<BoxState> states = EnumSet.noneOf(BoxState.class);
        for (String word : text.split("\\|", -1)) {
            try {
                states.add(BoxState.valueOf(word.trim().toUpperCase(Locale.ROOT)));
            } catch (IllegalArgumentException e) {
                throw arguments.usage("\"" + word + "\" is not a state: " + states());
            }
        }
        @Nullable
        Duration patience = arguments.has(Option.TIMEOUT) ? arguments.seconds(Option.TIMEOUT, Duration.ZERO) : null;
        String name = arguments.operand("box");
        Jbox jbox = surroundings.jbox(arguments);
        Box box = jbox.box(name);
        Outcome.tellIfUnknown(surroundings, jbox, box, states.contains(BoxState.STOPPED));
        boolean inTime = box.await(states, patience);
        Outcome.print(arguments, surroundings, jbox, List.of(name));
        if (!inTime) {
            return TOO_LATE;
        }
        if (box.state() == BoxState.STOPPED) {
            new StandardError(surroundings.err()).tellOutOfMemory(name, box.oomKills());
        }
        return 0;
    }
}
