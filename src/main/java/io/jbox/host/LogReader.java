package io.jbox.host;

import io.jbox.kernel.Fd;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NativeKernel;
import io.jbox.problem.JboxException;
import io.jbox.uapi.Errno;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.util.List;

/** Reads logs, which a box may be able to replace by a link or a pipe. */
public final class LogReader {
    private static final int BUFFER = 64 * 1024;

    private final HostPaths paths;

    /** @param trees of all boxes */
    public LogReader(BoxTrees trees) {
        this.paths = new HostPaths(NativeKernel.open(), List.of(), trees);
    }

    /**
     * Copies a file from an offset on; nothing if there is none.
     *
     * @return the end offset
     * @throws JboxException if it cannot be read, also because another user could redirect the path
     */
    public long copy(String path, long offset, OutputStream out) throws IOException {
        try (Fd log = paths.read(path)) {
            return copy(log, offset, out);
        } catch (KernelException e) {
            if (e.is(Errno.ENOENT)) {
                return 0;
            }
            if (e.is(Errno.EINVAL)) {
                throw new JboxException(path + ": is not a regular file");
            }
            throw e.about(
                    path,
                    e.is(Errno.ELOOP)
                            ? "a part of the path is a symbolic link that others can change: read the path it leads to"
                            : null);
        }
    }

    private static long copy(Fd log, long offset, OutputStream out) throws IOException {
        try (RandomAccessFile in = new RandomAccessFile("/proc/self/fd/" + log.number(), "r")) {
            in.seek(Math.min(offset, in.length()));
            byte[] buffer = new byte[BUFFER];
            for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
                out.write(buffer, 0, count);
            }
            out.flush();
            return in.getFilePointer();
        }
    }
}
