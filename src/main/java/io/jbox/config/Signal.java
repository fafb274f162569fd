package io.jbox.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A signal (signal(7)).
 *
 * @param number 1 to 64, the same on x86-64 and aarch64
 */
public record Signal(int number) {
    private static final int SIGRTMIN = 34;
    private static final int SIGRTMAX = 64;
    private static final Map<String, String> ALIASES = Map.of("IOT", "ABRT", "CLD", "CHLD", "POLL", "IO");
    private static final List<String> NAMES = List.of(
            "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
            "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM",
            "PROF", "WINCH", "IO", "PWR", "SYS");

    /** SIGHUP. */
    public static final Signal HUP = new Signal(1);

    /** SIGINT. */
    public static final Signal INT = new Signal(2);

    /** SIGKILL. */
    public static final Signal KILL = new Signal(9);

    /** SIGTERM. */
    public static final Signal TERM = new Signal(15);

    /** SIGPWR. */
    public static final Signal PWR = new Signal(30);

    /** SIGRTMIN+3, which halts systemd (systemd(1)). */
    public static final Signal RTMIN_3 = new Signal(SIGRTMIN + 3);

    /** Finds a signal by its text; null if there is none. */
    public static @Nullable Signal find(String text) {
        try {
            return parse(text);
        } catch (BadValueException e) {
            return null;
        }
    }

    /** {@code SIGTERM}, or {@code SIGRTMIN+3}. */
    public String name() {
        if (number < NAMES.size()) {
            return "SIG" + NAMES.get(number);
        }
        return number == SIGRTMIN ? "SIGRTMIN" : "SIGRTMIN+" + (number - SIGRTMIN);
    }

    /** A pattern for editors. */
    public static String pattern() {
        List<String> words = new ArrayList<>();
        List<String> all = new ArrayList<>(NAMES.subList(1, NAMES.size()));
        all.addAll(new TreeSet<>(ALIASES.keySet()));
        for (String name : all) {
            words.add(name);
            words.add("SIG" + name);
        }
        String names = Syntax.ignoringCase(words.toArray(new String[0]));
        return names
                + "|^([Ss][Ii][Gg])?[Rr][Tt]([0-9]{1,2}|[Mm]([Ii][Nn]([+][0-9]{1,2})?|[Aa][Xx](-[0-9]{1,2})?))$|^[0-9]{1,2}$";
    }

    /** Accepts a number, a name with or without SIG, and SIGRTMIN+N, SIGRTN or SIGRTMAX-N as libc counts them. */
    public static Signal parse(String text) throws BadValueException {
        String name = text.toUpperCase(Locale.ROOT);
        if (name.startsWith("SIG")) {
            name = name.substring(3);
        }
        int known = NAMES.indexOf(ALIASES.getOrDefault(name, name));
        if (known > 0) {
            return new Signal(known);
        }
        int number = 0;
        try {
            if (name.startsWith("RTMIN")) {
                number = SIGRTMIN + offset(name.substring(5), '+');
            } else if (name.startsWith("RTMAX")) {
                number = SIGRTMAX - offset(name.substring(5), '-');
            } else if (name.startsWith("RT")) {
                number = SIGRTMIN + (int) Syntax.parseNumber(name.substring(2), 0, SIGRTMAX - SIGRTMIN);
            } else if (name.equals(text)) {
                number = (int) Syntax.parseNumber(text, 1, SIGRTMAX);
            }
        } catch (BadValueException e) {
            number = 0;
        }
        if (number < 1 || number > SIGRTMAX || number >= NAMES.size() && number < SIGRTMIN) {
            throw new BadValueException(
                    "is not a signal: a name such as SIGTERM or SIGRTMIN+3, or a number from 1 to 64");
        }
        return new Signal(number);
    }

    private static int offset(String text, char sign) throws BadValueException {
        if (text.isEmpty()) {
            return 0;
        }
        if (text.charAt(0) != sign) {
            throw new BadValueException("is not a signal");
        }
        return (int) Syntax.parseNumber(text.substring(1), 0, SIGRTMAX - SIGRTMIN);
    }

    @Override
    public String toString() {
        return name();
    }
}
