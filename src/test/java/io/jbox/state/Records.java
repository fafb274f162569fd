package io.jbox.state;

import io.jbox.number.Bytes;
import io.jbox.number.HostGid;
import io.jbox.number.HostUid;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Records of a box as tests want them. */
public final class Records {
    private Records() {}

    /** A box with everything that a record can say. */
    public static BoxRecord of(
            BoxState state, @Nullable ProcessId monitor, @Nullable ProcessId init, @Nullable ProcessId stopper) {
        BoxSpec spec = new BoxSpec(
                "web",
                new BoxSpec.Origin(
                        "/etc/jbox/web.yaml",
                        List.of("limits.memory=1G"),
                        "/var/lib/jbox",
                        "/var/lib/jbox/web/rootfs",
                        List.of("/var/lib/jbox/web/rootfs", "/srv"),
                        List.of("onboot")),
                new BoxSpec.Ending(false, false, 10, 15, 9, 60),
                new BoxSpec.Hooks(Map.of("stop", List.of("echo stop")), 30, List.of("LXC_NAME=web")),
                new BoxSpec.Isolation(
                        List.of("/sys/fs/cgroup/jbox/web"),
                        List.of("pid", "net", "user"),
                        new HostUid(100_000),
                        new HostGid(100_000)),
                new BoxSpec.Confinement(
                        0x1234,
                        new TreeMap<>(Map.of("nofile", List.of(1024L, 4096L), "core", List.of(0L, -1L))),
                        true,
                        true,
                        List.of("attr/apparmor/exec exec jbox-box-1")),
                List.of("A=b"),
                new BoxSpec.Console("/run/jbox/web/console.log", new Bytes(131_072)),
                List.of(new BoxSpec.Nic("veth", "eth0", "jboxbr0", "vethabc", "", "")));
        return new BoxRecord(
                "abc-1",
                "boot-1",
                state,
                monitor,
                init,
                stopper,
                1_700_000_000_000L,
                spec,
                7,
                List.of(8, 9),
                2,
                Map.of());
    }
}
