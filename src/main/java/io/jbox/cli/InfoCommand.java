package io.jbox.cli;

import io.jbox.Box;
import io.jbox.Jbox;
import io.jbox.json.Json;
import io.jbox.life.BoxInfo;
import io.jbox.problem.JboxException;
import io.jbox.schema.ConfigPrinter;
import io.jbox.state.BoxState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code jbox info NAME}: prints facts on a box, with the fields of lxc-info. */
final class InfoCommand implements Command {
    private static final Option STATE = new Option('s', "state", null, "the state");
    private static final Option PID = new Option('p', "pid", null, "the process id of init");
    private static final Option IPS = new Option('i', "ips", null, "the addresses");
    private static final Option STATS = new Option('S', "stats", null, "its resource use");
    private static final Option NO_HUMANIZE =
            new Option('H', "no-humanize", null, "plain numbers; without labels if fields were asked for");
    private static final Option CONFIG =
            new Option('c', "config", "KEY", "a key of its effective configuration; may be repeated");

    /** A line with its label, the value for people, and the value for programs. */
    private record Field(
            String label, String key, String text, @Nullable Object value) {}

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "info",
                        "NAME",
                        "shows all that is known about a box",
                        "With options, shows only what they ask for.\n",
                        List.of(STATE, PID, IPS, STATS, NO_HUMANIZE, CONFIG, Option.PATH, Option.JSON),
                        true)
                .looking();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Jbox jbox = surroundings.jbox(arguments);
        Box box = jbox.box(arguments.operand("box"));
        BoxInfo info = box.info();
        boolean known = info.definition().exists() || info.state() != BoxState.STOPPED || box.exitCode() != null;
        if (!known && !arguments.has(CONFIG)) {
            // If there is nothing of that name, this reports where it looked.
            surroundings.find(arguments, box.name());
        }
        List<Field> fields = new ArrayList<>();
        boolean all = !arguments.has(STATE)
                && !arguments.has(PID)
                && !arguments.has(IPS)
                && !arguments.has(STATS)
                && !arguments.has(CONFIG);
        boolean human = !arguments.has(NO_HUMANIZE);
        if (all) {
            fields.add(new Field("Name", "name", info.name(), info.name()));
        }
        if (all || arguments.has(STATE)) {
            fields.add(new Field(
                    "State", "state", info.state().name(), info.state().name()));
        }
        if (info.pid() != 0 && (all || arguments.has(PID))) {
            fields.add(new Field("PID", "pid", Integer.toString(info.pid()), info.pid()));
        }
        if (all || arguments.has(IPS)) {
            addresses(info, fields);
        }
        if (all) {
            rest(box, info, fields);
        }
        if (info.pid() != 0 && (all || arguments.has(STATS))) {
            statistics(info, human, fields);
        }
        configuration(arguments, surroundings, info, fields);
        print(arguments, surroundings, fields);
        if (!info.problem().isEmpty()) {
            throw new JboxException(info.name() + ": " + info.problem());
        }
        return 0;
    }

    private static void addresses(BoxInfo info, List<Field> fields) {
        for (String address : info.network().ipv4()) {
            fields.add(new Field("IP", "ip", address, address));
        }
        for (String address : info.network().ipv6()) {
            fields.add(new Field("IP", "ip", address, address));
        }
    }

    private static void rest(Box box, BoxInfo info, List<Field> fields) {
        if (info.pid() != 0) {
            long seconds = (System.currentTimeMillis() - info.started()) / 1000;
            fields.add(new Field("Init", "init", info.init(), info.init()));
            fields.add(new Field("Uptime", "uptime", Column.duration(seconds), seconds));
        } else {
            Integer code = box.exitCode();
            if (code != null) {
                fields.add(new Field("Exit code", "exit_code", code.toString(), code));
            }
        }
        int reboots = box.reboots();
        if (reboots > 0) {
            fields.add(new Field("Reboots", "reboots", reboots + " in a row", reboots));
        }
        long kills = box.oomKills();
        if (kills > 0) {
            fields.add(new Field("Out of memory", "oom_kills", kills + " killed", kills));
        }
        if (!info.definition().config().isEmpty()) {
            fields.add(new Field(
                    "Config",
                    "config",
                    info.definition().config(),
                    info.definition().config()));
        }
        if (info.state() != BoxState.STOPPED) {
            String unprivileged = info.root().unprivileged() ? "true" : "false";
            fields.add(new Field(
                    "Unprivileged", "unprivileged", unprivileged, info.root().unprivileged()));
            if (info.root().unprivileged()) {
                String root = info.root().uid().toString();
                fields.add(new Field(
                        "Root on host",
                        "root_uid",
                        "uid " + root,
                        info.root().uid().number()));
            }
        }
    }

    private static void statistics(BoxInfo info, boolean human, List<Field> fields) {
        if (info.use().cpuMicros() >= 0) {
            String seconds =
                    String.format(Locale.ROOT, "%.2f seconds", info.use().cpuMicros() / 1e6);
            fields.add(new Field(
                    "CPU use",
                    "cpu_usec",
                    human ? seconds : Long.toString(info.use().cpuMicros()),
                    info.use().cpuMicros()));
        }
        if (info.use().ramBytes() >= 0) {
            String text = human
                    ? Column.bytes(info.use().ramBytes())
                    : Long.toString(info.use().ramBytes());
            fields.add(new Field("Memory use", "memory", text, info.use().ramBytes()));
        }
        if (info.use().swapBytes() >= 0) {
            String text = human
                    ? Column.bytes(info.use().swapBytes())
                    : Long.toString(info.use().swapBytes());
            fields.add(new Field("Swap use", "swap", text, info.use().swapBytes()));
        }
        if (info.use().tasks() >= 0) {
            fields.add(new Field(
                    "Tasks",
                    "tasks",
                    Integer.toString(info.use().tasks()),
                    info.use().tasks()));
        }
        for (String name : info.network().interfaces()) {
            fields.add(new Field("Link", "link", name, name));
        }
    }

    private static void configuration(
            Arguments arguments, Surroundings surroundings, BoxInfo info, List<Field> fields) {
        if (!arguments.has(CONFIG)) {
            return;
        }
        String path = info.definition().config().isEmpty()
                ? surroundings.find(arguments, info.name())
                : info.definition().config();
        List<Map<String, Object>> lines = new ConfigPrinter(surroundings.loader(arguments)).json(path, List.of());
        for (String key : arguments.values(CONFIG)) {
            String wanted = key.startsWith("lxc.") ? key.substring(4) : key;
            boolean found = false;
            for (Map<String, Object> line : lines) {
                String name = String.valueOf(line.get("key"));
                if (name.equals(wanted) || name.startsWith(wanted + ".")) {
                    String value = String.valueOf(line.get("value"));
                    fields.add(new Field(name + " =", name, value, value));
                    found = true;
                }
            }
            if (!found) {
                throw new JboxException(
                        info.name() + ": \"" + key + "\" is not set, or not a key",
                        "jbox config show " + path + " lists all");
            }
        }
    }

    private static void print(Arguments arguments, Surroundings surroundings, List<Field> fields) {
        if (!arguments.has(Option.JSON)) {
            boolean bare = arguments.has(NO_HUMANIZE)
                    && !fields.isEmpty()
                    && !fields.get(0).key.equals("name");
            for (Field field : fields) {
                if (bare) {
                    surroundings.out().println(field.text);
                    continue;
                }
                boolean isKey = field.label.endsWith("=");
                String label = isKey ? field.label + " " : field.label + ":";
                surroundings
                        .out()
                        .println(label + (isKey ? "" : " ".repeat(Math.max(1, 15 - label.length()))) + field.text);
            }
            return;
        }
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        for (Field field : fields) {
            if (field.key.equals("ip") || field.key.equals("link")) {
                String plural = field.key + "s";
                List<Object> list = new ArrayList<>();
                if (object.get(plural) instanceof List<?> before) {
                    list.addAll(before);
                }
                list.add(field.text);
                object.put(plural, list);
            } else {
                object.put(field.key, field.value);
            }
        }
        surroundings.out().println(Json.write(object));
    }
}
