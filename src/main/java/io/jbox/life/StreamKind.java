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
 * The kinds of a command's standard descriptors for which there are programs. Each letter stands for one descriptor: t
 * is the caller's terminal, p is anything else, s is the same file as standard output. Standard input has a letter only
 * if it is a terminal.
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

    /** The streams in the box. A program checks itself whether a descriptor is /dev/null. */
    List<Launch.Stream> streams() {
        return streams;
    }

    /** The letters that the launcher uses. */
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

    /** The kind of a command; null if there are no programs for such a command. */
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
