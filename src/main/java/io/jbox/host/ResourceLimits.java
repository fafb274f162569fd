package io.jbox.host;

import io.jbox.config.Limit;
import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The limits that this process has (getrlimit(2)), which what it makes begins with. */
public final class ResourceLimits {
    private static final List<String> NAMES = List.of(
            "as",
            "core",
            "cpu",
            "data",
            "fsize",
            "locks",
            "memlock",
            "msgqueue",
            "nice",
            "nofile",
            "nproc",
            "rss",
            "rtprio",
            "rttime",
            "sigpending",
            "stack");

    private ResourceLimits() {}

    /** All of them, by name in lower case. */
    public static Map<String, Limit> read(Kernel kernel) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long cells = program.words(new long[2 * NAMES.size()]);
            long first = program.next();
            for (int i = 0; i < NAMES.size(); i++) {
                long resource = Constants.value("RLIMIT_" + NAMES.get(i).toUpperCase(Locale.ROOT), kernel.processor());
                Op op = program.op(Syscall.PRLIMIT64, 0, resource, 0, cells + (long) i * 2 * Long.BYTES);
                if (i == NAMES.size() - 1) {
                    op.next(0);
                }
            }
            kernel.walk(first);
            Map<String, Limit> limits = new LinkedHashMap<>();
            for (int i = 0; i < NAMES.size(); i++) {
                long cell = cells + (long) i * 2 * Long.BYTES;
                limits.put(NAMES.get(i), new Limit(program.readLong(cell), program.readLong(cell + Long.BYTES)));
            }
            return limits;
        }
    }
}
