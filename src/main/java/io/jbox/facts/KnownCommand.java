package io.jbox.facts;

import java.util.List;

/**
 * A command that a program is compiled for.
 *
 * @param launcher absolute path of jbox, which the program executes if it gives up
 * @param words all arguments, or those before the words of a command in the box
 * @param validity what it relies on
 */
public record KnownCommand(String launcher, List<KnownWord> words, Validity validity) {
    /** A command with fixed words. */
    public static KnownCommand of(String launcher, List<String> words, Validity validity) {
        return new KnownCommand(launcher, KnownWord.of(words), validity);
    }
}
