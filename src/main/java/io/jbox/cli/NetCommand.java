package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.bridge.BridgeStatus;
import io.jbox.bridge.HostBridge;
import io.jbox.json.Json;
import io.jbox.nic.BoxLink;
import io.jbox.nic.Homecoming;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code jbox net}: shows and changes interfaces of boxes and jbox's bridges. */
final class NetCommand implements Command {
    private static final Option NAME = new Option('\0', "name", "NAME", "its name in the box");
    private static final Option FORMAT = new Option('\0', "format", "FORMAT", "graph: text, dot, svg or mermaid");

    private static final Option FORCE =
            new Option('\0', "force", null, "with down: disconnect the boxes on the bridge");

    /** The verbs, for completion. */
    static final String VERBS = "ls graph move give-back add recover up down status";

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "net",
                "ls|graph|move|give-back|add|recover|up|down|status ...",
                "shows and changes boxes' interfaces, and manages jbox's own bridges",
                "  ls [NAME...]                the interfaces of running boxes\n"
                        + "  graph                       which boxes and interfaces are connected\n"
                        + "  move NIC NAME [--name N]    moves an interface of the host into a running box\n"
                        + "  give-back NAME [NIC]        brings it back, or all of them\n"
                        + "  add NAME KEY=VALUE...       makes an interface: type=veth link=jboxbr0 flags=up\n"
                        + "  recover                     brings back interfaces from boxes that have ended\n"
                        + "  up|down|status [BRIDGE]     jbox's own bridges, or one (/etc/jbox/net.yaml)\n",
                List.of(NAME, FORMAT, FORCE, Option.PATH, Option.JSON),
                false);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        List<String> operands = arguments.operands();
        if (operands.isEmpty()) {
            throw arguments.usage("expected one of " + VERBS);
        }
        Jbox jbox = surroundings.jbox(arguments);
        List<String> rest = operands.subList(1, operands.size());
        switch (operands.get(0)) {
            case "ls" -> surroundings.out().print(list(links(rest, jbox), arguments.has(Option.JSON)));
            case "graph" -> surroundings.out().print(graph(arguments, rest, jbox));
            case "move" -> {
                expect(arguments, rest, 2, 2, "an interface and a box");
                jbox.box(rest.get(1)).network().move(rest.get(0), arguments.value(NAME));
            }
            case "give-back" -> {
                return giveBack(arguments, rest, jbox, surroundings);
            }
            case "add" -> add(arguments, rest, jbox, surroundings);
            case "recover" -> {
                expect(arguments, rest, 0, 0, "nothing else");
                return tell(jbox.tidyUp().recoverNics(true), arguments, surroundings);
            }
            case "up", "down", "status" -> {
                return bridges(operands.get(0), arguments, rest, jbox, surroundings);
            }
            default -> throw arguments.noneOf(operands.get(0), VERBS);
        }
        return 0;
    }

    private static void expect(Arguments arguments, List<String> rest, int least, int most, String what) {
        if (rest.size() < least || rest.size() > most) {
            throw arguments.usage("expected " + what);
        }
    }

    private static List<BoxLink> links(List<String> names, Jbox jbox) {
        List<BoxLink> links = new ArrayList<>();
        for (String name : names) {
            jbox.box(name).pid();
            links.addAll(jbox.box(name).network().links());
        }
        return names.isEmpty() ? jbox.networkMap().boxes() : links;
    }

    private static String list(List<BoxLink> links, boolean json) {
        return json ? Json.write(NetListing.json(links)) + "\n" : NetListing.table(links);
    }

    private static String graph(Arguments arguments, List<String> rest, Jbox jbox) {
        expect(arguments, rest, 0, 0, "nothing else");
        String format = arguments.value(FORMAT);
        NetworkGraph graph = NetworkGraph.of(jbox.networkMap());
        return switch (format == null ? "text" : format) {
            case "text" -> graph.text();
            case "dot" -> graph.dot();
            case "svg" -> new GraphPicture(graph).svg();
            case "mermaid" -> graph.mermaid();
            default -> throw arguments.usage("--format: expected text, dot, svg or mermaid");
        };
    }

    private static int giveBack(Arguments arguments, List<String> rest, Jbox jbox, Surroundings surroundings) {
        expect(arguments, rest, 1, 2, "a box, and optionally an interface");
        String nic = rest.size() < 2 ? null : rest.get(1);
        List<Homecoming> homecomings = jbox.box(rest.get(0)).network().giveBack(nic);
        if (homecomings.isEmpty()) {
            throw new JboxException(rest.get(0) + ": has "
                    + (nic == null ? "no interface of the host" : "no \"" + nic + "\" of the host"));
        }
        return tell(homecomings, arguments, surroundings);
    }

    private static int tell(List<Homecoming> homecomings, Arguments arguments, Surroundings surroundings) {
        List<Object> list = new ArrayList<>();
        boolean allBack = true;
        for (Homecoming homecoming : homecomings) {
            allBack &= !homecoming.name().isEmpty();
            if (arguments.has(Option.JSON)) {
                Map<String, Object> map = new LinkedHashMap<>();
                map.put("nic", homecoming.nic());
                map.put("name", homecoming.name());
                map.put("note", homecoming.note());
                list.add(map);
            } else {
                surroundings.out().println(homecoming.describe());
            }
        }
        if (arguments.has(Option.JSON)) {
            surroundings.out().println(Json.write(list));
        }
        return allBack ? 0 : JboxException.FAILED;
    }

    private static void add(Arguments arguments, List<String> rest, Jbox jbox, Surroundings surroundings) {
        expect(arguments, rest, 2, Integer.MAX_VALUE, "a box, and at least type=...");
        List<String> settings = new ArrayList<>();
        for (String word : rest.subList(1, rest.size())) {
            // Accepts both type=veth,link=br0 and type=veth link=br0.
            for (String setting :
                    word.indexOf('{') >= 0 || word.indexOf('[') >= 0 ? new String[] {word} : word.split(",")) {
                if (setting.indexOf('=') <= 0) {
                    throw arguments.usage("\"" + setting + "\": expected KEY=VALUE");
                }
                settings.add(setting);
            }
        }
        String name = arguments.value(NAME);
        if (name != null) {
            settings.add("name=" + name);
        }
        surroundings.out().println(jbox.box(rest.get(0)).network().add(settings));
    }

    private static int bridges(
            String verb, Arguments arguments, List<String> rest, Jbox jbox, Surroundings surroundings) {
        expect(arguments, rest, 0, 1, "one bridge, or none for all");
        List<HostBridge> bridges = jbox.networks().hostBridges();
        if (!rest.isEmpty()) {
            HostBridge bridge = jbox.networks().findBridge(rest.get(0));
            if (bridge == null) {
                throw new JboxException(new Problem(
                        "bridge " + rest.get(0) + ": is not managed by jbox",
                        null,
                        "/etc/jbox/net.yaml lists its bridges"));
            }
            bridges = List.of(bridge);
        }
        int code = 0;
        List<Object> states = new ArrayList<>();
        for (HostBridge bridge : bridges) {
            switch (verb) {
                case "up" -> {
                    for (String missing : bridge.up()) {
                        surroundings.err().println("jbox: " + bridge.bridge().name() + ": this host lacks " + missing);
                    }
                }
                case "down" -> {
                    for (String user : bridge.down(arguments.has(FORCE))) {
                        surroundings.err().println("jbox: " + bridge.bridge().name() + ": disconnected " + user);
                    }
                }
                default -> {
                    BridgeStatus status = bridge.status();
                    code = status.isUp() ? code : 1;
                    if (arguments.has(Option.JSON)) {
                        states.add(NetListing.json(status));
                    } else {
                        surroundings.out().print(NetListing.text(status));
                    }
                }
            }
        }
        if (verb.equals("status") && arguments.has(Option.JSON)) {
            surroundings.out().println(Json.write(states));
        }
        return code;
    }
}
