package io.jbox.config;

import java.util.List;

/**
 * A rule on access to devices, in the syntax of lxc.cgroup.devices.allow: {@code c 1:3 rwm}, {@code b *:* m}, or {@code
 * a} for everything.
 *
 * @param type {@code c} or {@code b}; {@code a} for every device and every access
 * @param major {@link #ANY} for all
 * @param minor {@link #ANY} for all
 * @param access of the letters r (read), w (write) and m (mknod)
 */
public record DeviceRule(char type, long major, long minor, String access) {
    /** Matches every number. */
    public static final long ANY = -1;

    public static final String PATTERN = "^(a( +\\*:\\* +rwm)?|[bc] +([0-9]{1,7}|\\*):([0-9]{1,7}|\\*) +[rwm]{1,3})$";

    private static final long MAX = 0xfffff;
    private static final String COMPLAINT = "is not a device rule such as \"c 1:3 rwm\", \"b *:* m\" or \"a\"";
    private static final DeviceRule ALL = new DeviceRule('a', ANY, ANY, "rwm");

    /** Uses no regular expressions: every start parses some. */
    public static DeviceRule parse(String text) throws BadValueException {
        List<String> words = Syntax.words(text);
        boolean all =
                words.size() == 3 && words.get(1).equals("*:*") && words.get(2).equals("rwm");
        if (!words.isEmpty() && words.get(0).equals("a") && (words.size() == 1 || all)) {
            return ALL;
        }
        int colon = words.size() == 3 ? words.get(1).indexOf(':') : -1;
        if (colon < 0 || !words.get(0).equals("b") && !words.get(0).equals("c") || !isAccess(words.get(2))) {
            throw new BadValueException(COMPLAINT);
        }
        return new DeviceRule(
                words.get(0).charAt(0),
                number(words.get(1).substring(0, colon)),
                number(words.get(1).substring(colon + 1)),
                words.get(2));
    }

    private static boolean isAccess(String text) {
        boolean good = !text.isEmpty() && text.length() <= 3;
        for (int i = 0; i < text.length(); i++) {
            good &= "rwm".indexOf(text.charAt(i)) >= 0;
        }
        return good;
    }

    private static long number(String text) throws BadValueException {
        if (text.equals("*")) {
            return ANY;
        }
        try {
            return Syntax.parseNumber(text, 0, MAX);
        } catch (BadValueException e) {
            throw new BadValueException(COMPLAINT);
        }
    }

    /** Whether both rules match a common device. */
    public boolean overlaps(DeviceRule other) {
        return (isAll() || other.isAll() || type == other.type)
                && (major == ANY || other.major == ANY || major == other.major)
                && (minor == ANY || other.minor == ANY || minor == other.minor)
                && sharesAccess(other);
    }

    private boolean sharesAccess(DeviceRule other) {
        for (int i = 0; i < access.length(); i++) {
            if (other.access.indexOf(access.charAt(i)) >= 0) {
                return true;
            }
        }
        return false;
    }

    /** Whether it has the same type and numbers. */
    public boolean isAboutSameAs(DeviceRule other) {
        return type == other.type && major == other.major && minor == other.minor;
    }

    /** Whether it covers every device and every access. */
    public boolean isAll() {
        return type == 'a';
    }

    /** Returns the rule in the kernel's version 1 syntax (devices.rst). */
    @Override
    public String toString() {
        return type + " " + shown(major) + ":" + shown(minor) + " " + access;
    }

    private static String shown(long number) {
        return number == ANY ? "*" : Long.toString(number);
    }
}
