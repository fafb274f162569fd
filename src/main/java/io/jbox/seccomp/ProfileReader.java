package io.jbox.seccomp;

import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.problem.Source;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads a user's profile: OCI's JSON if it begins with a brace, else LXC's format. */
public final class ProfileReader {
    /** The numbers of error names in profiles (errno(3)). */
    private static final Map<String, Integer> ERRNOS =
            Map.of("EPERM", 1, "ENOENT", 2, "EACCES", 13, "EINVAL", 22, "ENOSYS", 38, "EAFNOSUPPORT", 97);

    private static final int MAX_ERRNO = 4095;

    private ProfileReader() {}

    /**
     * @param name as configured
     * @param capabilities available to the box's programs, which OCI's rules may depend on
     * @param processor that it is for
     * @throws JboxException with the place of the error
     */
    public static Profile read(String name, Source source, Set<String> capabilities, String processor) {
        return source.text().stripLeading().startsWith("{")
                ? new OciProfileReader(name, source, capabilities, processor).read()
                : new LxcProfileReader(name, source).read();
    }

    /** An error's number, given by name or number; -1 if unknown. */
    static int errno(String text) {
        Integer known = ERRNOS.get(text);
        if (known != null) {
            return known;
        }
        try {
            int number = Integer.parseInt(text);
            return number >= 0 && number <= MAX_ERRNO ? number : -1;
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** Whether a rule's call is known; an unknown call may be ignored only if it would be permitted. */
    static boolean isKnown(String call, Action action, Place place) {
        if (CallTable.get().has(call)) {
            return true;
        }
        if (action.permits()) {
            return false;
        }
        throw problem(
                "unknown system call \"" + call + "\"",
                place,
                "this rule refuses the call, so jbox cannot skip it: correct the name or remove the rule");
    }

    static JboxException problem(String message, Place place, @Nullable String hint) {
        return new JboxException(new Problem("seccomp.profile: " + message, place, hint));
    }
}
