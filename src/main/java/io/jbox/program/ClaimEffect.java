package io.jbox.program;

import java.util.ArrayList;
import java.util.List;

/**
 * What jbox has taken for a box before it could plan with it. A plan names it; whoever plans has carried it out.
 */
public sealed interface ClaimEffect extends Effect {
    @Override
    default void by(EffectVisitor visitor) {
        visitor.claim(this);
    }

    /** Marks work in progress on the box, so that the next command cleans up if this one is killed. */
    record Work(String box) implements ClaimEffect {
        @Override
        public String notation() {
            return EffectText.shown("begin", List.of(Arg.text(box)));
        }
    }

    /**
     * Chooses ids of the host that no other box has, and records them.
     *
     * @param ranges as in {@code idmap}
     */
    record Ids(String box, List<String> ranges) implements ClaimEffect {
        @Override
        public String notation() {
            return EffectText.shown("claim_ids", texts(box, ranges));
        }
    }

    /** Chooses addresses in the networks of bridges that nothing else has, and records them. */
    record Addresses(String box, List<String> addresses) implements ClaimEffect {
        @Override
        public String notation() {
            return EffectText.shown("claim_addresses", texts(box, addresses));
        }
    }

    private static List<Arg> texts(String box, List<String> more) {
        List<Arg> texts = new ArrayList<>(List.of(Arg.text(box)));
        for (String text : more) {
            texts.add(Arg.text(text));
        }
        return texts;
    }
}
