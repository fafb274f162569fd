package io.jbox.launch;

import io.jbox.kernel.Fd;
import org.jspecify.annotations.Nullable;

/**
 * A box that was just started below a monitor.
 *
 * @param monitor its process id
 * @param monitorPidfd closed by the owner of this record
 * @param init the process id of the box's first process, on the host
 * @param initPidfd null unless in the foreground; closed by the owner of this record
 * @param master the host's end of the console; null unless in the foreground; closed by the owner of this record
 */
public record MonitoredBox(
        int monitor,
        Fd monitorPidfd,
        int init,
        @Nullable Fd initPidfd,
        @Nullable Fd master) {}
