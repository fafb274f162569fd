package io.jbox.facts;

import java.util.ArrayList;
import java.util.List;

/** A word that a program was compiled for. */
public record KnownWord(String text, Kind kind) {
    /** How a word of the call must match. */
    public enum Kind {
        SAME,
        /** Any number matches. */
        NUMBER,
        /** It must begin with the text; the rest is known only when the program runs. */
        BEGINNING
    }

    public static KnownWord of(String text) {
        return new KnownWord(text, Kind.SAME);
    }

    public static List<KnownWord> of(List<String> texts) {
        List<KnownWord> words = new ArrayList<>();
        for (String text : texts) {
            words.add(of(text));
        }
        return words;
    }
}
