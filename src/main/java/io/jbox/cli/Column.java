package io.jbox.cli;

import io.jbox.life.BoxInfo;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The columns of {@code jbox ls}: LXC's names, and a few more. */
enum Column {
    NAME,
    STATE,
    PID,
    RAM,
    SWAP,
    AUTOSTART,
    GROUPS,
    INTERFACE,
    IPV4,
    IPV6,
    UNPRIVILEGED,
    DEFINED,
    INIT,
    UPTIME,
    TASKS;

    /** The columns of {@code -f}, as in lxc-ls. */
    static final List<Column> FANCY = List.of(NAME, STATE, AUTOSTART, GROUPS, IPV4, IPV6, UNPRIVILEGED);

    private static final long KIB = 1024;

    /** Finds a column by its name in any case, or null. */
    static @Nullable Column find(String name) {
        for (Column column : values()) {
            if (column.name().equalsIgnoreCase(name)) {
                return column;
            }
        }
        return null;
    }

    /** All names. */
    static String names() {
        List<String> names = new ArrayList<>();
        for (Column column : values()) {
            names.add(column.name());
        }
        return String.join(",", names);
    }

    /** Whether it needs the box's definition to be read. */
    boolean needsDefinition() {
        return this == AUTOSTART || this == GROUPS || this == UNPRIVILEGED;
    }

    /** The text of a cell. */
    String of(BoxInfo info, long now) {
        return switch (this) {
            case NAME -> info.name();
            case STATE -> info.problem().isEmpty() ? info.state().name() : info.state() + "!";
            case PID -> info.pid() == 0 ? "-" : Integer.toString(info.pid());
            case RAM -> bytes(info.use().ramBytes());
            case SWAP -> bytes(info.use().swapBytes());
            case AUTOSTART -> info.definition().autostart() ? "1" : "0";
            case GROUPS -> list(info.definition().groups());
            case INTERFACE -> list(info.network().interfaces());
            case IPV4 -> list(info.network().ipv4());
            case IPV6 -> list(info.network().ipv6());
            case UNPRIVILEGED -> info.root().unprivileged() ? "true" : "false";
            case DEFINED -> info.definition().exists() ? "true" : "false";
            case INIT -> info.init().isEmpty() ? "-" : info.init();
            case UPTIME -> info.pid() == 0 ? "-" : duration((now - info.started()) / 1000);
            case TASKS ->
                info.use().tasks() < 0 ? "-" : Integer.toString(info.use().tasks());
        };
    }

    /** The value of a cell for a program: numbers in bytes and seconds. */
    @Nullable
    Object value(BoxInfo info, long now) {
        return switch (this) {
            case PID -> info.pid() == 0 ? null : info.pid();
            case RAM -> info.use().ramBytes() < 0 ? null : info.use().ramBytes();
            case SWAP -> info.use().swapBytes() < 0 ? null : info.use().swapBytes();
            case AUTOSTART -> info.definition().autostart();
            case GROUPS -> info.definition().groups();
            case INTERFACE -> info.network().interfaces();
            case IPV4 -> info.network().ipv4();
            case IPV6 -> info.network().ipv6();
            case UNPRIVILEGED -> info.root().unprivileged();
            case DEFINED -> info.definition().exists();
            case STATE -> info.state().name();
            case INIT -> info.init().isEmpty() ? null : info.init();
            case UPTIME -> info.pid() == 0 ? null : (now - info.started()) / 1000;
            case TASKS -> info.use().tasks() < 0 ? null : info.use().tasks();
            case NAME -> info.name();
        };
    }

    private static String list(List<String> words) {
        return words.isEmpty() ? "-" : String.join(", ", words);
    }

    /** With two decimals, as in lxc-ls. */
    static String bytes(long bytes) {
        if (bytes < 0) {
            return "-";
        }
        String units = "KMGT";
        double size = bytes;
        int unit = -1;
        while (size >= KIB && unit + 1 < units.length()) {
            size /= KIB;
            unit++;
        }
        return unit < 0 ? bytes + "B" : String.format("%.2f%cB", size, units.charAt(unit));
    }

    /** Formats as {@code 3d 4:05:06}. */
    static String duration(long seconds) {
        long days = seconds / 86_400;
        return String.format(
                "%s%d:%02d:%02d", days == 0 ? "" : days + "d ", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    }
}
