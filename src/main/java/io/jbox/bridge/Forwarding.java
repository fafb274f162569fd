package io.jbox.bridge;

import io.jbox.config.Bridge;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether this host forwards packets: what it did before the first of jbox's bridges is restored after the last one. */
final class Forwarding {
    private static final String V4 = "/proc/sys/net/ipv4/ip_forward";
    private static final String V6 = "/proc/sys/net/ipv6/conf/all/forwarding";

    private final Bridge bridge;
    private final String root;

    /** @param root the folder of all bridges */
    Forwarding(Bridge bridge, String root) {
        this.bridge = bridge;
        this.root = root;
    }

    /** Whether packets of the bridge's families are forwarded. */
    boolean isOn() {
        try {
            return Files.readString(Path.of(V4)).startsWith("1")
                    && (bridge.ipv6() == null || Files.readString(Path.of(V6)).startsWith("1"));
        } catch (IOException e) {
            return false;
        }
    }

    void reliesOn(Reliance reliance) {
        reliance.content(V4);
        if (bridge.ipv6() != null) {
            reliance.content(V6);
        }
    }

    void enable() {
        enable(V4, "ip_forward");
        if (bridge.ipv6() != null) {
            enable(V6, "ip6_forward");
        }
    }

    /** Restores what it was before {@link #enable}, for all families. */
    void restore() {
        restore(V4, "ip_forward");
        restore(V6, "ip6_forward");
    }

    /** The value from before the first jbox bridge is saved once for all of them. */
    private void enable(String switchFile, String name) {
        try {
            Path remembered = Path.of(root, "." + name);
            String now = Files.readString(Path.of(switchFile)).strip();
            if (now.equals("1")) {
                return;
            }
            if (!Files.exists(remembered)) {
                Files.writeString(remembered, now);
            }
            Files.writeString(Path.of(switchFile), "1");
        } catch (IOException e) {
            throw new JboxException("bridge " + bridge.name() + ": " + switchFile + ": " + SystemError.of(e));
        }
    }

    private void restore(String switchFile, String name) {
        Path remembered = Path.of(root, "." + name);
        try {
            if (Files.exists(remembered)) {
                Files.writeString(Path.of(switchFile), Files.readString(remembered));
                Files.delete(remembered);
            }
        } catch (IOException e) {
            throw new JboxException("bridge " + bridge.name() + ": " + switchFile + ": " + SystemError.of(e));
        }
    }
}
