package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.json.Json;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.request.StartRequest;
import io.jbox.request.StopRequest;
import io.jbox.state.BoxState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code jbox autostart}: starts and stops boxes like lxc-autostart. */
final class AutostartCommand implements Command {
    private static final Option REBOOT = new Option('r', "reboot", null, "reboot those that run");
    private static final Option SHUTDOWN = new Option('s', "shutdown", null, "stop those that run");
    private static final Option KILL = new Option('k', "kill", null, "kill those that run");
    private static final Option LIST = new Option('L', "list", null, "only list them, with their delays");
    private static final Option ALL = new Option('a', "all", null, "regardless of groups");
    private static final Option IGNORE_AUTO = new Option('A', "ignore-auto", null, "also those without start.auto");
    private static final Option GROUPS = new Option(
            'g',
            "groups",
            "GROUPS",
            "those in one of these groups, separated by commas; an empty name means boxes without a group");
    private static final String ON_BOOT = "onboot";

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "autostart",
                "",
                "starts the boxes that have start.auto, those with the highest start.order first",
                "Without -a and -g: those in the group " + ON_BOOT
                        + ", then those in no group. After each start it waits for\n"
                        + "start.delay. Boxes are stopped in the opposite order.\n",
                List.of(
                        REBOOT,
                        SHUTDOWN,
                        KILL,
                        LIST,
                        ALL,
                        IGNORE_AUTO,
                        GROUPS,
                        Option.TIMEOUT,
                        Option.PATH,
                        Option.JSON),
                false);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Jbox jbox = surroundings.jbox(arguments);
        jbox.tidyUp().settle();
        List<Problem> problems = new ArrayList<>();
        List<Config> configs = select(jbox, arguments, problems);
        boolean stops = arguments.has(SHUTDOWN) || arguments.has(KILL) || arguments.has(REBOOT);
        if (stops) {
            java.util.Collections.reverse(configs);
        }
        if (arguments.has(LIST)) {
            surroundings.out().print(arguments.has(Option.JSON) ? json(configs) : text(configs));
        } else {
            for (Config config : configs) {
                try {
                    act(jbox, config, arguments, stops);
                } catch (JboxException e) {
                    problems.addAll(e.problems());
                }
            }
        }
        if (!problems.isEmpty()) {
            throw new JboxException(problems, JboxException.FAILED);
        }
        return 0;
    }

    private static void act(Jbox jbox, Config config, Arguments arguments, boolean stops) {
        String name = config.name().get();
        boolean runs = jbox.box(name).state() != BoxState.STOPPED;
        if (stops && runs) {
            Duration patience = arguments.has(Option.TIMEOUT) ? arguments.seconds(Option.TIMEOUT, Duration.ZERO) : null;
            jbox.box(name).stop(new StopRequest(arguments.has(KILL), patience, true, arguments.has(REBOOT)));
        } else if (!stops && !runs) {
            jbox.start(StartRequest.of(config.place().source().name()));
            try {
                Thread.sleep(1000 * config.start().delay().get());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static List<Config> select(Jbox jbox, Arguments arguments, List<Problem> problems) {
        List<Config> candidates = new ArrayList<>();
        for (String name : jbox.defined()) {
            try {
                Config config = jbox.load(jbox.find(name), List.of());
                if (config.start().auto().get() || arguments.has(IGNORE_AUTO)) {
                    candidates.add(config);
                }
            } catch (JboxException e) {
                problems.addAll(e.problems());
            }
        }
        candidates.sort(
                Comparator.comparing((Config config) -> -config.start().order().get())
                        .thenComparing(config -> config.name().get()));
        if (arguments.has(ALL)) {
            return candidates;
        }
        String written = arguments.value(GROUPS);
        List<Config> selected = new ArrayList<>();
        for (String group : (written == null ? ON_BOOT + "," : written).split(",", -1)) {
            for (Config config : candidates) {
                if (isIn(config, group) && !selected.contains(config)) {
                    selected.add(config);
                }
            }
        }
        return selected;
    }

    private static boolean isIn(Config config, String group) {
        if (group.isEmpty()) {
            return config.start().groups().isEmpty();
        }
        for (Value<String> own : config.start().groups()) {
            if (own.get().equals(group)) {
                return true;
            }
        }
        return false;
    }

    private static String text(List<Config> configs) {
        StringBuilder out = new StringBuilder();
        for (Config config : configs) {
            out.append(config.name().get()).append(' ');
            out.append(config.start().delay().get()).append('\n');
        }
        return out.toString();
    }

    private static String json(List<Config> configs) {
        List<Object> list = new ArrayList<>();
        for (Config config : configs) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("name", config.name().get());
            entry.put("delay", config.start().delay().get());
            entry.put("order", config.start().order().get());
            list.add(entry);
        }
        return Json.write(list) + "\n";
    }
}
