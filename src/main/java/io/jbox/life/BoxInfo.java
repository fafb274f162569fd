package io.jbox.life;

import io.jbox.state.BoxState;
import java.util.List;

/**
 * What is to be told of a box at one moment.
 *
 * @param pid of init on the host; 0 if it does not run
 * @param started when, in milliseconds since 1970; 0 if it does not run
 * @param ipv4 addresses but those of lo
 * @param ipv6 global addresses
 * @param interfaces names, but lo
 * @param ramBytes -1 where nobody counts
 * @param swapBytes -1 where nobody counts
 * @param cpuMicros processor time in microseconds; -1 where nobody counts
 * @param tasks how many processes it has; -1 where nobody counts
 * @param autostart whether jbox autostart starts it
 * @param groups names
 * @param unprivileged whether its root is not the host's
 * @param rootUid the host's number of its root user; 0 if it does not run, or that is the host's root
 * @param defined whether it has a folder of its own in the folder of boxes
 * @param config path of its configuration; empty if there is none
 * @param init the program that is its first process
 * @param problem what is wrong with its configuration or state; empty if nothing is
 */
public record BoxInfo(
        String name,
        BoxState state,
        int pid,
        long started,
        List<String> ipv4,
        List<String> ipv6,
        List<String> interfaces,
        long ramBytes,
        long swapBytes,
        long cpuMicros,
        int tasks,
        boolean autostart,
        List<String> groups,
        boolean unprivileged,
        long rootUid,
        boolean defined,
        String config,
        String init,
        String problem) {}
