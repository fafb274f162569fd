package io.jbox.program;

import java.util.ArrayList;
import java.util.List;

/** How plans show effects: {@code @word(argument, …)}. */
final class EffectText {
    private EffectText() {}

    static String shown(String word, List<Arg> arguments) {
        List<String> shown = new ArrayList<>();
        for (Arg argument : arguments) {
            shown.add(argument.notation());
        }
        return "@" + word + "(" + String.join(", ", shown) + ")";
    }
}
