package io.jbox.launch;

import io.jbox.kernel.Fd;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A box that was just started below a monitor.
 *
 * @param monitor its process id
 * @param monitorPidfd closed by the owner of this record
 * @param init the process id of the box's first process, on the host
 * @param console number of the console's descriptor in the monitor; -1 if there is none
 * @param ttys those of tty1 and on
 * @param initPidfd null unless in the foreground; closed by the owner of this record
 * @param master the host's end of the console; null unless in the foreground; closed by the owner of this record
 */
public record MonitoredBox(
        int monitor,
        Fd monitorPidfd,
        int init,
        int console,
        List<Integer> ttys,
        @Nullable Fd initPidfd,
        @Nullable Fd master) {}
