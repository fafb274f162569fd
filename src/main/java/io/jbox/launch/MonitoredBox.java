package io.jbox.launch;

import io.jbox.kernel.Fd;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A box that was just started below a monitor.
 *
 * @param monitor its process id
 * @param monitorPidfd to be closed by whoever has this
 * @param init the process id of the box's first process, on the host
 * @param console the number of the console's descriptor in the monitor; -1 if there is none
 * @param ttys those of tty1 and on
 * @param initPidfd null but in the foreground; to be closed by whoever has this
 * @param master the host's end of the console, null but in the foreground; to be closed by whoever has this
 */
public record MonitoredBox(
        int monitor,
        Fd monitorPidfd,
        int init,
        int console,
        List<Integer> ttys,
        @Nullable Fd initPidfd,
        @Nullable Fd master) {}
