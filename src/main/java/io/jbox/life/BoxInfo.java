package io.jbox.life;

import io.jbox.nic.NetworkGlance;
import io.jbox.number.HostUid;
import io.jbox.state.BoxState;
import java.util.List;

/**
 * Everything known about a box at one moment.
 *
 * @param pid of its init on the host; 0 if it does not run
 * @param init the program that is its first process; empty if it does not run
 * @param started in milliseconds since 1970; 0 if it does not run
 * @param network its own interfaces; empty if it shares the host's network
 * @param use of resources
 * @param definition its configuration
 * @param root its root user on the host
 * @param problem what is wrong with its configuration or state; empty if nothing is
 */
public record BoxInfo(
        String name,
        BoxState state,
        int pid,
        String init,
        long started,
        NetworkGlance network,
        Use use,
        Definition definition,
        Root root,
        String problem) {
    /**
     * The resources it uses; -1 where the kernel does not count them.
     *
     * @param cpuMicros processor time in microseconds
     * @param tasks how many processes it has
     */
    public record Use(long ramBytes, long swapBytes, long cpuMicros, int tasks) {}

    /**
     * Its definition.
     *
     * @param exists whether it has a folder of its own in the folder of boxes
     * @param config path of its configuration; empty if there is none
     * @param autostart whether jbox autostart starts it
     * @param groups names
     */
    public record Definition(boolean exists, String config, boolean autostart, List<String> groups) {}

    /**
     * Its root user.
     *
     * @param unprivileged whether it is another user than the host's root
     * @param uid of it; root if the box does not run
     */
    public record Root(boolean unprivileged, HostUid uid) {}
}
