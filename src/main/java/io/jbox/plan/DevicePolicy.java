package io.jbox.plan;

import io.jbox.config.Config;
import io.jbox.config.DeviceRule;
import io.jbox.config.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * Which devices a box may use, however it got the device node: the default devices without {@code cgroup.devices.deny},
 * plus {@code cgroup.devices.allow}.
 *
 * <p>A deny rule overrides an allow rule. A deny rule {@code a} removes only the defaults: the allowed devices are then
 * exactly those in {@code allow}.
 */
final class DevicePolicy {
    /** As in LXC's common.conf, except /dev/fuse. Nodes of all kinds may be made; they cannot be opened. */
    private static final List<DeviceRule> USUAL = List.of(
            new DeviceRule('b', DeviceRule.ANY, DeviceRule.ANY, "m"),
            new DeviceRule('c', DeviceRule.ANY, DeviceRule.ANY, "m"),
            new DeviceRule('c', 1, 3, "rwm"),
            new DeviceRule('c', 1, 5, "rwm"),
            new DeviceRule('c', 1, 7, "rwm"),
            new DeviceRule('c', 1, 8, "rwm"),
            new DeviceRule('c', 1, 9, "rwm"),
            new DeviceRule('c', 5, 0, "rwm"),
            new DeviceRule('c', 5, 1, "rwm"),
            new DeviceRule('c', 5, 2, "rwm"),
            new DeviceRule('c', 136, DeviceRule.ANY, "rwm"));

    /**
     * The maximum number of rules: while the kernel verifies a {@link DeviceProgram}, it can defer at most 8192 jumps
     * (BPF_COMPLEXITY_LIMIT_JMP_SEQ). Each rule is one jump, and each group has up to two more.
     */
    static final int MOST_RULES = 8_000;

    private final List<DeviceRule> allowed = new ArrayList<>();
    private final List<DeviceRule> denied = new ArrayList<>();

    DevicePolicy(Config config) {
        boolean usual = true;
        for (Value<DeviceRule> rule : config.resources().devices().deny()) {
            if (rule.get().isAll()) {
                usual = false;
            } else {
                denied.add(rule.get());
            }
        }
        if (usual) {
            allowed.addAll(USUAL);
        }
        for (Value<DeviceRule> rule : config.resources().devices().allow()) {
            allowed.add(rule.get());
        }
    }

    /** The devices that are allowed unless denied. */
    List<DeviceRule> allowed() {
        return allowed;
    }

    /** The devices that are denied even if allowed. */
    List<DeviceRule> denied() {
        return denied;
    }

    @Override
    public String toString() {
        StringBuilder out = new StringBuilder("devices:");
        for (DeviceRule rule : denied) {
            out.append(" -").append(rule).append(',');
        }
        for (DeviceRule rule : allowed) {
            out.append(" +").append(rule).append(',');
        }
        out.setLength(out.length() - 1);
        return out.toString();
    }
}
