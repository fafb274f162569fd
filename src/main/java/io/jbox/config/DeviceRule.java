package io.jbox.config;

import java.util.Locale;

/**
 * Devices, and what may be done with them, as lxc.cgroup.devices.allow has it: {@code c 1:3 rwm}, {@code b *:* m}, or
 * {@code a} for everything.
 *
 * @param type {@code c} or {@code b}; {@code a} for every device, whatever is done with it
 * @param major {@link #ANY} for all
 * @param minor {@link #ANY} for all
 * @param access of the letters r (read), w (write) and m (mknod)
 */
public record DeviceRule(char type, long major, long minor, String access) {
    /** Every number. */
    public static final long ANY = -1;

    static final String PATTERN = "^(a( +\\*:\\* +rwm)?|[bc] +([0-9]{1,7}|\\*):([0-9]{1,7}|\\*) +[rwm]{1,3})$";

    private static final long MAX = 0xfffff;

    static DeviceRule parse(String text) throws BadValueException {
        if (!text.matches(PATTERN)) {
            throw new BadValueException("is no rule for devices such as \"c 1:3 rwm\", \"b *:* m\" or \"a\"");
        }
        if (text.charAt(0) == 'a') {
            return new DeviceRule('a', ANY, ANY, "rwm");
        }
        String[] words = text.split(" +");
        int colon = words[1].indexOf(':');
        return new DeviceRule(
                words[0].charAt(0),
                number(words[1].substring(0, colon)),
                number(words[1].substring(colon + 1)),
                words[2]);
    }

    /** A rule that is written in the code. */
    public static DeviceRule of(String text) {
        try {
            return parse(text);
        } catch (BadValueException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private static long number(String text) throws BadValueException {
        return text.equals("*") ? ANY : Scalars.parseNumber(text, 0, MAX);
    }

    /** Whether it is about every device, whatever is done with it. */
    public boolean isAll() {
        return type == 'a';
    }

    /** As the kernel's files of version 1 want it (devices.rst). */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%c %s:%s %s", type, shown(major), shown(minor), access);
    }

    private static String shown(long number) {
        return number == ANY ? "*" : Long.toString(number);
    }
}
