package io.jbox.life;

import static io.jbox.facts.Launch.Stream.CONSOLE;
import static io.jbox.facts.Launch.Stream.NULL;
import static io.jbox.facts.Launch.Stream.PIPE;
import static io.jbox.facts.Launch.Stream.SAME;

import io.jbox.facts.Launch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the standard descriptors of a command are that a program runs. Each letter is one: t the caller's terminal, p
 * something else, s the same as standard output. Without a terminal as input there is no letter for that.
 */
enum StreamKind {
    PP(PIPE, PIPE, PIPE),
    PS(PIPE, PIPE, SAME),
    TTT(CONSOLE, CONSOLE, CONSOLE),
    TTP(CONSOLE, CONSOLE, PIPE),
    TPT(CONSOLE, PIPE, CONSOLE),
    TPP(CONSOLE, PIPE, PIPE),
    TPS(CONSOLE, PIPE, SAME);

    /** Those of a script, of a command line, and of the first command of a pipeline. */
    static final List<StreamKind> USUAL = List.of(PP, PS, TTT, TPT);

    private final List<Launch.Stream> streams;

    StreamKind(Launch.Stream... streams) {
        this.streams = List.of(streams);
    }

    /** What they become in the box. A program looks itself whether a descriptor leads to /dev/null. */
    List<Launch.Stream> streams() {
        return streams;
    }

    /** As the launcher writes it. */
    String letters() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The kind with these letters, or null. */
    static @Nullable StreamKind of(String letters) {
        for (StreamKind kind : values()) {
            if (kind.letters().equals(letters)) {
                return kind;
            }
        }
        return null;
    }

    /** The kind of a command; null if no program runs such a command. */
    static @Nullable StreamKind of(List<Launch.Stream> streams) {
        List<Launch.Stream> carried = new ArrayList<>();
        for (Launch.Stream stream : streams) {
            carried.add(stream == NULL ? PIPE : stream);
        }
        for (StreamKind kind : values()) {
            if (kind.streams.equals(carried)) {
                return kind;
            }
        }
        return null;
    }
}
