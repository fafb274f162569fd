package io.jbox.launch;

import java.util.List;

/**
 * A box that was just started below a monitor.
 *
 * @param monitor its process id
 * @param monitorPidfd to be closed by whoever has this
 * @param init the process id of the box's first process, on the host
 * @param console the number of the console's descriptor in the monitor; -1 if there is none
 * @param ttys those of tty1 and on
 * @param initPidfd -1 but in the foreground; to be closed by whoever has this
 * @param master the host's end of the console, -1 but in the foreground; to be closed by whoever has this
 */
public record MonitoredBox(
        int monitor, int monitorPidfd, int init, int console, List<Integer> ttys, int initPidfd, int master) {}
