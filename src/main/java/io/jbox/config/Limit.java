package io.jbox.config;

/**
 * A soft and a hard resource limit (prlimit(2)), in the resource's own unit.
 *
 * @param soft {@link #UNLIMITED}, or at least 0
 * @param hard likewise, at least as much
 */
public record Limit(long soft, long hard) {
    /** RLIM_INFINITY. */
    public static final long UNLIMITED = -1;

    public static final String PATTERN = "^([0-9]{1,19}|unlimited|infinity)(:([0-9]{1,19}|unlimited|infinity))?$";

    /** Accepts {@code BOTH} and {@code SOFT:HARD}, each a number, {@code unlimited} or {@code infinity}. */
    public static Limit parse(String text) throws BadValueException {
        int colon = text.indexOf(':');
        long soft = side(colon < 0 ? text : text.substring(0, colon));
        long hard = colon < 0 ? soft : side(text.substring(colon + 1));
        if (hard != UNLIMITED && (soft == UNLIMITED || soft > hard)) {
            throw new BadValueException("has a soft limit above the hard one");
        }
        return new Limit(soft, hard);
    }

    /** Whether the hard limit is above another's. */
    public boolean isHigherThan(Limit other) {
        return other.hard != UNLIMITED && (hard == UNLIMITED || hard > other.hard);
    }

    private static long side(String text) throws BadValueException {
        if (text.equals("unlimited") || text.equals("infinity")) {
            return UNLIMITED;
        }
        try {
            return Syntax.parseNumber(text, 0, Long.MAX_VALUE);
        } catch (BadValueException e) {
            throw new BadValueException("is not a limit: SOFT[:HARD], each a number or unlimited");
        }
    }

    @Override
    public String toString() {
        return soft == hard ? side(soft) : side(soft) + ":" + side(hard);
    }

    private static String side(long value) {
        return value == UNLIMITED ? "unlimited" : Long.toString(value);
    }
}
