package io.jbox.audit;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What files of a host mean to its security, by their names (hier(7)). Folders count with all that is in them. */
final class HostFiles {
    /** Who can write there is, or becomes, the host's root: programs, their settings, what is started by itself. */
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

    /** Not with all that is in them, but as a whole. */
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

    /** Of programs that do what they are told, as root. */
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

    /** A path without what only makes it look different. */
    static String normal(String path) {
        String normal = Path.of(path).normalize().toString();
        return normal.startsWith("/var/run/") || normal.equals("/var/run") ? normal.substring("/var".length()) : normal;
    }

    private static boolean isWithin(String path, String folder) {
        return path.equals(folder) || path.startsWith(folder.equals("/") ? "/" : folder + "/");
    }

    /** Whether a path is part of what the host trusts, or has some of that in it. */
    static boolean isTrusted(String path) {
        return WHOLE.contains(path)
                || TRUSTED.stream().anyMatch(folder -> isWithin(path, folder) || isWithin(folder, path));
    }

    /** Whether a path is a folder that the host consists of. */
    static boolean isWhole(String path) {
        return WHOLE.contains(path) || TRUSTED.contains(path);
    }

    /** Whether a path is somebody's home, whose shell does what is written there. */
    static boolean isHome(String path) {
        return path.startsWith("/home/") && path.indexOf('/', "/home/".length()) < 0;
    }

    /** Whether a type of file system shows the kernel's own state. */
    static boolean isKernels(String type) {
        return List.of("bpf", "configfs", "debugfs", "efivarfs", "pstore", "securityfs", "tracefs")
                .contains(type);
    }

    /** What of the host's secrets is at a path, or below it; null if nothing is that has a name. */
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

    /** The socket of a program with root's rights that is at a path, or below it; null if none is known. */
    static @Nullable String socketIn(String path) {
        for (String socket : SOCKETS) {
            if (isWithin(socket, path)) {
                return socket;
            }
        }
        return path.endsWith("docker.sock") || path.endsWith("podman.sock") ? path : null;
    }

    /** Whether a path is a socket by its name. */
    static boolean isSocket(String path) {
        return path.endsWith(".sock") || path.endsWith(".socket") || path.startsWith("/tmp/.X11-unix");
    }
}
