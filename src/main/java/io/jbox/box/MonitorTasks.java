package io.jbox.box;

import java.util.List;

/**
 * What a monitor is to do without jbox.
 *
 * @param halt the signals that ask the box to halt, for a SIGTERM to the monitor
 * @param logName of the console's log in its folder
 * @param logSize in bytes, from which on it is rotated
 * @param cgroups folders to remove when the box has ended
 * @param countersFile where memory.events of the box's cgroup is kept when that goes
 * @param stateFile to remove then, as the last of all
 * @param reaper the command that does what else is owed
 * @param reaperEnvironment {@code NAME=VALUE} each
 * @param owing whether anything will be owed however the box ends; else only if it rebooted
 * @param rebootDelaySeconds how long to wait before a box that has rebooted is started again, or until a SIGTERM
 * @param journal of the host's interfaces that the box has: owing if it is there
 * @param pairs the host's ends of veths, to be deleted
 * @param startHost whether the start stops for hooks when the box is set up
 * @param foreground whether jbox itself stays, and does what is owed
 */
public record MonitorTasks(
        List<Integer> halt,
        String logName,
        long logSize,
        List<String> cgroups,
        String countersFile,
        String stateFile,
        List<String> reaper,
        List<String> reaperEnvironment,
        boolean owing,
        int rebootDelaySeconds,
        String journal,
        List<String> pairs,
        boolean startHost,
        boolean foreground) {}
