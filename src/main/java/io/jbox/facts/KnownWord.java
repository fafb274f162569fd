package io.jbox.facts;

import java.util.ArrayList;
import java.util.List;

/** A word that a program was compiled for. */
public record KnownWord(String text, Kind kind) {
    /** How far it must be the same. */
    public enum Kind {
        SAME,
        /** It is any number instead. */
        NUMBER,
        /** It begins so; the rest is known only when the program runs. */
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
