package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.json.Json;
import io.jbox.life.BoxInfo;
import io.jbox.terminal.QuitKey;
import io.jbox.terminal.Terminal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code jbox top}: shows the resource use of running boxes, highest first. */
final class TopCommand implements Command {
    private static final Option DELAY = new Option('d', "delay", "SECONDS", "the interval, 3 by default");
    private static final Option SORT = new Option('s', "sort", "n|c|m|t", "by name, processor, memory or tasks");
    private static final Option REVERSE = new Option('r', "reverse", null, "reverse the order");
    private static final Option BATCH = new Option('b', "batch", null, "print once; the default without a terminal");
    private static final String CLEAR = "\033[H\033[2J";

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "top",
                        "[NAME...]",
                        "shows continuously what running boxes use; q or Ctrl-c ends it",
                        "CPU% is of one processor, over the last interval; at first, since the start.\n",
                        List.of(DELAY, SORT, REVERSE, BATCH, Option.PATH, Option.JSON),
                        true)
                .looking();
    }

    /** The resource use of one box. */
    private record Use(BoxInfo info, double percent) {}

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Jbox jbox = surroundings.jbox(arguments);
        boolean once = arguments.has(BATCH)
                || arguments.has(Option.JSON)
                || !Terminal.ofOutput().exists();
        long millis = 1000L * arguments.number(DELAY, 1, 3600, 3);
        Comparator<Use> order = order(arguments);
        for (String name : arguments.operands()) {
            jbox.box(name).check();
        }
        Map<String, Long> before = new HashMap<>();
        long last = 0;
        try (QuitKey keys = once ? QuitKey.none() : QuitKey.ofInput()) {
            do {
                long now = System.currentTimeMillis();
                List<Use> uses = look(jbox, arguments.operands(), before, now, last);
                last = now;
                uses.sort(order);
                if (arguments.has(Option.JSON)) {
                    surroundings.out().println(json(uses));
                } else {
                    String text = text(uses);
                    surroundings.out().print(once ? text : CLEAR + text.replace("\n", "\r\n"));
                }
                surroundings.out().flush();
            } while (!once && !surroundings.out().checkError() && !keys.isLeft(millis));
        }
        return 0;
    }

    private static Comparator<Use> order(Arguments arguments) {
        String key = arguments.value(SORT);
        Comparator<Use> order = switch (key == null ? "c" : key) {
            case "n" -> Comparator.comparing(use -> use.info.name());
            case "c" -> Comparator.comparingDouble(use -> -use.percent);
            case "m" -> Comparator.comparingLong(use -> -use.info.use().ramBytes());
            case "t" -> Comparator.comparingInt(use -> -use.info.use().tasks());
            default -> throw arguments.usage("-s \"" + key + "\": expected n, c, m or t");
        };
        return arguments.has(REVERSE) ? order.reversed() : order;
    }

    private static List<Use> look(Jbox jbox, List<String> only, Map<String, Long> before, long now, long last) {
        List<Use> uses = new ArrayList<>();
        for (BoxInfo info : jbox.infos(jbox.names(), false)) {
            if (info.pid() == 0 || !only.isEmpty() && !only.contains(info.name())) {
                before.remove(info.name());
                continue;
            }
            Long used = before.put(info.name(), info.use().cpuMicros());
            long since = used == null ? info.started() : last;
            double micros = info.use().cpuMicros() - (used == null ? 0 : used);
            uses.add(new Use(info, now > since ? micros / 10 / (now - since) : 0));
        }
        return uses;
    }

    private static String text(List<Use> uses) {
        int width = 20;
        for (Use use : uses) {
            width = Math.max(width, use.info.name().length());
        }
        String row = "%-" + width + "s %10s %7s %10s %10s %6s%n";
        StringBuilder out = new StringBuilder(String.format(row, "NAME", "CPU TIME", "CPU%", "RAM", "SWAP", "TASKS"));
        for (Use use : uses) {
            BoxInfo info = use.info;
            out.append(String.format(
                    row,
                    info.name(),
                    info.use().cpuMicros() < 0
                            ? "-"
                            : String.format("%.2f", info.use().cpuMicros() / 1e6),
                    info.use().cpuMicros() < 0 ? "-" : String.format("%.1f", use.percent),
                    Column.bytes(info.use().ramBytes()),
                    Column.bytes(info.use().swapBytes()),
                    info.use().tasks() < 0 ? "-" : info.use().tasks()));
        }
        return out.append(uses.size() == 1 ? "1 box\n" : uses.size() + " boxes\n")
                .toString();
    }

    private static String json(List<Use> uses) {
        List<Object> list = new ArrayList<>();
        for (Use use : uses) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("name", use.info.name());
            entry.put("cpu_usec", use.info.use().cpuMicros());
            entry.put("ram", use.info.use().ramBytes());
            entry.put("swap", use.info.use().swapBytes());
            entry.put("tasks", use.info.use().tasks());
            list.add(entry);
        }
        return Json.write(list);
    }
}
