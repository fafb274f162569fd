package io.jbox.nic;

import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.PathCalls;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.number.Pid;
import io.jbox.problem.JboxException;
import io.jbox.uapi.Constants;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An open network namespace, which exists as long as the handle. */
public final class NetworkHandle implements AutoCloseable {
    /** A limit, since a box can make any number of networks. */
    private static final int MOST = 256;

    private static final int MOST_ANSWERS = 1024;
    private static final long LOOK_NANOS = 200_000_000;

    private final Fd namespace;

    private NetworkHandle(Fd namespace) {
        this.namespace = namespace;
    }

    /** @return null if there is no such file, or it cannot be opened */
    public static @Nullable NetworkHandle find(Kernel kernel, String path) {
        Fd namespace = PathCalls.find(kernel, path, Constants.O_RDONLY);
        return namespace == null ? null : new NetworkHandle(namespace);
    }

    /** The network of this process, which is the host's for all boxes. */
    public static NetworkHandle host(Kernel kernel) {
        NetworkHandle handle = find(kernel, "/proc/self/ns/net");
        if (handle == null) {
            throw new JboxException("/proc/self/ns/net: cannot be opened");
        }
        return handle;
    }

    /** The networks of some processes, except this process's and one other. */
    static List<NetworkHandle> of(Kernel kernel, List<Pid> processes, String known) {
        Set<String> seen = new HashSet<>(Set.of(identity("/proc/self/ns/net"), known));
        List<NetworkHandle> handles = new ArrayList<>();
        for (Pid pid : processes) {
            String path = "/proc/" + pid + "/ns/net";
            String identity = identity(path);
            if (!identity.isEmpty() && handles.size() < MOST && seen.add(identity)) {
                NetworkHandle handle = find(kernel, path);
                if (handle != null) {
                    handles.add(handle);
                }
            }
        }
        return handles;
    }

    /** Identifies a network by the inode of its file; empty if there is none. */
    static String identity(String path) {
        try {
            return String.valueOf(Files.getAttribute(Path.of(path), "unix:ino"));
        } catch (IOException e) {
            return "";
        }
    }

    /** Its file, for messages that name a network. */
    Fd namespace() {
        return namespace;
    }

    /** Opens a socket in it. */
    public NetlinkSocket socket() {
        return NetlinkSocket.openIn(namespace);
    }

    /** Opens a socket for reading only, with a limit on answers that a box can make arbitrarily long. */
    NetlinkSocket boundedSocket() {
        return socket().bound(MOST_ANSWERS, LOOK_NANOS);
    }

    @Override
    public void close() {
        namespace.close();
    }
}
