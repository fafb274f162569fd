package io.jbox.audit;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Knows which host files matter to security, by their names (hier(7)). A folder includes everything in it. */
final class HostFiles {
    /** Write access here gives root on the host: programs, their settings, whatever is started automatically. */
    private static final List<String> TRUSTED = List.of(
            "/bin",
            "/boot",
            "/etc",
            "/lib",
            "/lib32",
            "/lib64",
            "/libx32",
            "/root",
            "/opt",
            "/run/NetworkManager",
            "/run/containerd",
            "/run/docker",
            "/run/jbox",
            "/run/systemd",
            "/run/udev",
            "/sbin",
            "/usr",
            "/var/lib/containerd",
            "/var/lib/docker",
            "/var/lib/dpkg",
            "/var/lib/jbox",
            "/var/lib/kubelet",
            "/var/lib/systemd",
            "/var/spool/cron");

    /** Folders that matter as a whole, without each of their contents. */
    private static final List<String> WHOLE =
            List.of("/", "/dev", "/home", "/proc", "/run", "/srv", "/sys", "/var", "/var/lib");

    private static final List<String> SECRET = List.of(
            "/etc/gshadow",
            "/etc/krb5.keytab",
            "/etc/shadow",
            "/etc/ssh",
            "/etc/ssl/private",
            "/root",
            "/var/lib/docker",
            "/var/lib/jbox",
            "/var/lib/kubelet");

    /** Sockets of programs that execute requests as root. */
    private static final List<String> SOCKETS = List.of(
            "/run/containerd/containerd.sock",
            "/run/crio/crio.sock",
            "/run/dbus/system_bus_socket",
            "/run/docker.sock",
            "/run/incus/unix.socket",
            "/run/libvirt/libvirt-sock",
            "/run/podman/podman.sock",
            "/run/systemd/private",
            "/var/lib/incus/unix.socket",
            "/var/lib/lxd/unix.socket",
            "/var/snap/lxd/common/lxd/unix.socket");

    private HostFiles() {}

    /** Normalizes a path. */
    static String normal(String path) {
        String normal = Path.of(path).normalize().toString();
        return normal.startsWith("/var/run/") || normal.equals("/var/run") ? normal.substring("/var".length()) : normal;
    }

    private static boolean isWithin(String path, String folder) {
        return path.equals(folder) || path.startsWith(folder.equals("/") ? "/" : folder + "/");
    }

    /** Whether a path is, or contains, a part of what the host trusts. */
    static boolean isTrusted(String path) {
        return WHOLE.contains(path)
                || TRUSTED.stream().anyMatch(folder -> isWithin(path, folder) || isWithin(folder, path));
    }

    /** Whether a path is one of the folders that matter as a whole. */
    static boolean isWhole(String path) {
        return WHOLE.contains(path) || TRUSTED.contains(path);
    }

    /** Whether a path is a home folder, whose files a shell executes. */
    static boolean isHome(String path) {
        return path.startsWith("/home/") && path.indexOf('/', "/home/".length()) < 0;
    }

    /** Whether a file system type shows kernel state. */
    static boolean isKernels(String type) {
        return List.of("bpf", "configfs", "debugfs", "efivarfs", "pstore", "securityfs", "tracefs")
                .contains(type);
    }

    /** The host secret at or below a path; null if none is known. */
    static @Nullable String secretIn(String path) {
        for (String secret : SECRET) {
            if (isWithin(path, secret) || isWithin(secret, path)) {
                return isWithin(path, secret) ? path : secret;
            }
        }
        if (isHome(path)) {
            return path + "/.ssh";
        }
        return path.contains("/.ssh") || path.contains("/.gnupg") || path.contains("/.aws") ? path : null;
    }

    /** The socket of a root program at or below a path; null if none is known. */
    static @Nullable String socketIn(String path) {
        for (String socket : SOCKETS) {
            if (isWithin(socket, path)) {
                return socket;
            }
        }
        return path.endsWith("docker.sock") || path.endsWith("podman.sock") ? path : null;
    }

    /** Whether a path's name is that of a socket. */
    static boolean isSocket(String path) {
        return path.endsWith(".sock") || path.endsWith(".socket") || path.startsWith("/tmp/.X11-unix");
    }
}
