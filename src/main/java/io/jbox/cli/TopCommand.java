package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.json.Json;
import io.jbox.life.BoxInfo;
import io.jbox.terminal.Keyboard;
import io.jbox.terminal.Terminal;
import java.util.ArrayList;
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

    /** How often the size of the terminal is looked at. */
    private static final long RESIZE_MILLIS = 200;

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "top",
                        "[NAME...]",
                        "shows what running boxes use, and updates it until q is pressed",
                        "CPU% is of one processor, over the last interval; at first, since the start.\n\n"
                                + "Keys: n, c, m and t sort by name, CPU%, RAM and tasks; r reverses the order; the space bar\n"
                                + "updates at once; q or Ctrl-c quits.\n",
                        List.of(DELAY, SORT, REVERSE, BATCH, Option.PATH, Option.JSON),
                        true)
                .looking();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Jbox jbox = surroundings.jbox(arguments);
        long millis = 1000L * arguments.number(DELAY, 1, 3600, 3);
        TopTable.Order order = order(arguments);
        for (String name : arguments.operands()) {
            jbox.box(name).check();
        }
        Uses uses = new Uses(jbox, arguments.operands());
        if (arguments.has(Option.JSON)) {
            List<TopTable.Row> rows = new TopTable(uses.look(), order, arguments.has(REVERSE)).rows();
            surroundings.out().println(json(rows));
        } else if (arguments.has(BATCH) || !Terminal.ofOutput().exists()) {
            surroundings.out().print(new TopTable(uses.look(), order, arguments.has(REVERSE)).text());
        } else {
            watch(uses, new View(order, arguments.has(REVERSE)), millis, surroundings);
        }
        return 0;
    }

    private static TopTable.Order order(Arguments arguments) {
        String key = arguments.value(SORT);
        TopTable.Order order = TopTable.Order.of(key == null ? 'c' : key.length() == 1 ? key.charAt(0) : 0);
        if (order == null) {
            throw arguments.usage("-s \"" + key + "\": expected n, c, m or t");
        }
        return order;
    }

    /** The user's choice of how to show it. */
    private record View(TopTable.Order order, boolean reverse) {
        View after(int key) {
            TopTable.Order other = TopTable.Order.of(key);
            return other != null ? new View(other, false) : key == 'r' ? new View(order, !reverse) : this;
        }
    }

    private static void watch(Uses uses, View first, long millis, Surroundings surroundings) {
        View view = first;
        Terminal screen = Terminal.ofOutput();
        surroundings.out().print("\033[2J");
        try (Keyboard keyboard = Keyboard.ofInput()) {
            List<TopTable.Row> rows = uses.look();
            long looked = System.nanoTime();
            while (true) {
                int columns = screen.columns();
                int height = screen.rows();
                surroundings.out().print(new TopTable(rows, view.order, view.reverse).screen(columns, height));
                surroundings.out().flush();
                int key = Keyboard.NONE;
                long left = millis - (System.nanoTime() - looked) / 1_000_000;
                while (key == Keyboard.NONE && left > 0 && columns == screen.columns() && height == screen.rows()) {
                    key = keyboard.read(Math.min(left, RESIZE_MILLIS));
                    left = millis - (System.nanoTime() - looked) / 1_000_000;
                }
                if (key == 'q'
                        || key == 'Q'
                        || key == Keyboard.END
                        || surroundings.out().checkError()) {
                    break;
                }
                view = view.after(key);
                if (left <= 0 || key == ' ') {
                    rows = uses.look();
                    looked = System.nanoTime();
                }
            }
        }
        surroundings.out().print("\n");
    }

    /** What boxes use, since the last time it was looked at. */
    private static final class Uses {
        private final Jbox jbox;
        private final List<String> only;
        private final Map<String, Long> before = new HashMap<>();
        private long last;

        Uses(Jbox jbox, List<String> only) {
            this.jbox = jbox;
            this.only = only;
        }

        List<TopTable.Row> look() {
            long now = System.currentTimeMillis();
            List<TopTable.Row> rows = new ArrayList<>();
            for (BoxInfo info : jbox.infos(jbox.names(), false)) {
                if (info.pid() == 0 || !only.isEmpty() && !only.contains(info.name())) {
                    before.remove(info.name());
                    continue;
                }
                Long used = before.put(info.name(), info.use().cpuMicros());
                long since = used == null ? info.started() : last;
                double micros = info.use().cpuMicros() - (used == null ? 0 : used);
                rows.add(new TopTable.Row(info, now > since ? micros / 10 / (now - since) : 0));
            }
            last = now;
            return rows;
        }
    }

    private static String json(List<TopTable.Row> rows) {
        List<Object> list = new ArrayList<>();
        for (TopTable.Row row : rows) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("name", row.info().name());
            entry.put("cpu_usec", row.info().use().cpuMicros());
            entry.put("ram", row.info().use().ramBytes());
            entry.put("swap", row.info().use().swapBytes());
            entry.put("tasks", row.info().use().tasks());
            list.add(entry);
        }
        return Json.write(list);
    }
}
