package io.jbox.net;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.netlink.RouteSocket;
import io.jbox.problem.JboxException;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An open network namespace: it lives as long as the handle. */
public final class NetworkHandle implements AutoCloseable {
    private final Kernel kernel;
    private final String origin;
    private final int descriptor;

    private NetworkHandle(Kernel kernel, String origin, int descriptor) {
        this.kernel = kernel;
        this.origin = origin;
        this.descriptor = descriptor;
    }

    /** @return null if there is no such file, or none that may be opened */
    public static @Nullable NetworkHandle find(Kernel kernel, String path) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Op op = program.op(Syscall.OPENAT, Constants.AT_FDCWD, program.text(path), Constants.O_CLOEXEC, 0)
                    .next(0);
            kernel.walk(op.address());
            return op.result() < 0 ? null : new NetworkHandle(kernel, path, (int) op.result());
        }
    }

    /** Those of this process, which is the host to all boxes. */
    public static NetworkHandle host(Kernel kernel) {
        NetworkHandle handle = find(kernel, "/proc/self/ns/net");
        if (handle == null) {
            throw new JboxException("/proc/self/ns/net: cannot be opened");
        }
        return handle;
    }

    /** Every network namespace but our own that a process is in, or that is mounted somewhere. */
    static List<NetworkHandle> all(Kernel kernel) {
        Set<String> seen = new HashSet<>(Set.of(identity("/proc/self/ns/net")));
        List<String> paths = new ArrayList<>();
        String[] names = new File("/proc").list();
        for (String name : names == null ? new String[0] : names) {
            if (Character.isDigit(name.charAt(0))) {
                paths.add("/proc/" + name + "/ns/net");
            }
        }
        paths.addAll(mounted());
        List<NetworkHandle> handles = new ArrayList<>();
        for (String path : paths) {
            String identity = identity(path);
            if (!identity.isEmpty() && seen.add(identity)) {
                NetworkHandle handle = find(kernel, path);
                if (handle != null) {
                    handles.add(handle);
                }
            }
        }
        return handles;
    }

    /** What makes a namespace the same: device and inode of its file. */
    private static String identity(String path) {
        try {
            return String.valueOf(Files.getAttribute(Path.of(path), "unix:dev"))
                    + Files.getAttribute(Path.of(path), "unix:ino");
        } catch (IOException e) {
            return "";
        }
    }

    /** Where namespaces of networks are mounted: {@code ip netns}, and our own pins. */
    private static List<String> mounted() {
        List<String> paths = new ArrayList<>();
        try (BufferedReader in = new BufferedReader(new FileReader("/proc/self/mountinfo", StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] fields = line.split(" ");
                if (fields.length > 4 && fields[3].startsWith("net:[") && !fields[4].contains("\\")) {
                    paths.add(fields[4]);
                }
            }
        } catch (IOException e) {
            return paths;
        }
        return paths;
    }

    public int descriptor() {
        return descriptor;
    }

    /** Where it was found. */
    String origin() {
        return origin;
    }

    /** A socket in it. */
    public RouteSocket socket() {
        return RouteSocket.openIn(kernel, descriptor);
    }

    @Override
    public void close() {
        kernel.call(Syscall.CLOSE, descriptor);
    }
}
