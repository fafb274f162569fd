package io.jbox.plan;

import java.util.Set;

/**
 * What a plan must know of the host.
 *
 * @param processor as {@code uname -m} has it
 * @param capabilities those that jbox has, as a mask
 * @param lastCapability the highest number the kernel knows (/proc/sys/kernel/cap_last_cap)
 * @param existing of {@link Masks#candidates} and of the configuration's folders, those that are there
 * @param scripts the folder of the rootfs scripts
 * @param term the terminal's type, as TERM has it
 */
public record HostFacts(
        String processor, long capabilities, int lastCapability, Set<String> existing, String scripts, String term) {
    /** Whether a path of the host is there. */
    public boolean exists(String path) {
        return existing.contains(path);
    }
}
