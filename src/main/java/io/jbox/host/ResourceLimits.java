package io.jbox.host;

import io.jbox.config.Limit;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.ResourceLimit;
import io.jbox.uapi.Flag;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The resource limits of this process (getrlimit(2)), which new processes inherit. */
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
        Map<String, Limit> limits = new LinkedHashMap<>();
        for (String name : NAMES) {
            long resource = Flag.ofLimit(name).value(kernel.processor());
            try {
                ResourceLimit limit = ResourceLimit.of(kernel, resource);
                limits.put(name, new Limit(limit.soft(), limit.hard()));
            } catch (KernelException e) {
                continue; // only a filter of system calls can refuse that
            }
        }
        return limits;
    }
}
