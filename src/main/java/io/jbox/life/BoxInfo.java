package io.jbox.life;

import io.jbox.nic.NetworkGlance;
import io.jbox.number.HostUid;
import io.jbox.state.BoxState;
import java.util.List;

/**
 * Everything there is to tell of a box, at one moment.
 *
 * @param pid of its init on the host; 0 if it does not run
 * @param init the program that is its first process; empty if it does not run
 * @param started in milliseconds since 1970; 0 if it does not run
 * @param network what it has of a network of its own; nothing if it has the host's
 * @param use of resources
 * @param definition what it is when it starts
 * @param root who its root is
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
     * What it uses; -1 where nobody counts.
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
     * @param unprivileged whether that is not the host's
     * @param uid of it; root if the box does not run
     */
    public record Root(boolean unprivileged, HostUid uid) {}
}
