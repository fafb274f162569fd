package io.jbox.cli;

import io.jbox.facts.Caller;
import io.jbox.json.Json;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.netlink.NetlinkException;
import io.jbox.ns.CallerReader;
import io.jbox.ns.NamedNetworks;
import io.jbox.ns.NamespaceEntry;
import io.jbox.ns.NamespaceTool;
import io.jbox.ns.ProcessEntry;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code jbox netns}: manages named network namespaces like ip-netns(8). */
final class NetnsCommand implements Command {
    private static final Option JSON = new Option('j', "json", null, "print JSON");
    private static final Option ALL = new Option('a', "all", null, "with delete and exec: all names");
    /** Options of ip(8) before its object that do not change the output of netns. */
    private static final List<Option> IGNORED = List.of(
            new Option('d', "details", null, "accepted for compatibility, like the next ones; has no effect"),
            new Option('o', "oneline", null, "accepted"),
            new Option('s', "statistics", null, "accepted"),
            new Option('p', "pretty", null, "accepted"),
            new Option('c', "color", "[=WHEN]", "accepted"));

    private static final int MAX_PID = 1 << 22;
    /** ip(8) ignores surplus words. */
    private static final int MANY = Integer.MAX_VALUE;

    private static final int NOT_THERE = -1;
    /** The number of holders of a namespace that are named. */
    private static final int SHOWN = 8;
    /** ip(8)'s exit code if the kernel refuses a request. */
    private static final int REFUSED = 2;

    /** The verbs, in the order in which ip(8) matches abbreviations. */
    private static final List<String> VERBS = List.of(
            "list", "show", "lst", "list-id", "add", "set", "delete", "attach", "identify", "pids", "exec", "monitor");

    /** The verbs for completion. */
    static final String SHOWN_VERBS = "list add attach delete exec pids identify set list-id monitor";

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "netns",
                "[list|add|attach|delete|pids|identify|set|list-id|monitor ... | exec NAME PROGRAM [ARGUMENT]...]",
                "manages named network namespaces",
                "  list                        the names, with their ids here\n"
                        + "  add NAME                    a new network namespace\n"
                        + "  attach NAME PID             a name for that of a process\n"
                        + "  delete NAME                 removes the name, and shows what still keeps the namespace\n"
                        + "  exec NAME PROGRAM...        runs a program in it, with /etc/netns/NAME mounted on /etc;\n"
                        + "                              with --all, and without NAME, in each of them\n"
                        + "  pids NAME                   the processes in it\n"
                        + "  identify [PID]              the names of a process's network namespace\n"
                        + "  set NAME ID|auto            gives it an id here, by which links show their peers\n"
                        + "  list-id [target-nsid ID] [nsid ID]  the ids here, with their names, or those of another one\n"
                        + "  monitor                     shows names that appear and disappear\n"
                        + "The names are files below " + NamedNetworks.FOLDER + ", as those of ip(8) are.\n",
                options(),
                false,
                true);
    }

    private static List<Option> options() {
        List<Option> options = new ArrayList<>(List.of(JSON, ALL, UnshareCommand.PLAN));
        options.addAll(IGNORED);
        options.add(Option.VERSION);
        return options;
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        List<String> operands = arguments.operands();
        String verb = operands.isEmpty() ? "list" : verb(operands.get(0), arguments);
        List<String> rest = operands.isEmpty() ? List.of() : operands.subList(1, operands.size());
        Kernel kernel = NativeKernel.open();
        NamedNetworks networks = new NamedNetworks(kernel);
        switch (verb) {
            case "list", "show", "lst" -> {
                surroundings.out().print(list(networks.ids(), arguments.has(JSON)));
            }
            case "list-id" -> {
                return listIds(arguments, rest, networks, surroundings);
            }
            case "add" -> {
                expect(arguments, rest, 1, MANY, "a name");
                networks.add(rest.get(0));
            }
            case "attach" -> {
                expect(arguments, rest, 2, MANY, "a name and a process");
                networks.attach(rest.get(0), pid(arguments, rest.get(1)));
            }
            case "delete" -> {
                return delete(arguments, rest, networks, surroundings);
            }
            case "exec" -> {
                NamespaceTool tool = exec(arguments, kernel, networks, surroundings);
                if (!arguments.has(UnshareCommand.PLAN)) {
                    throw tool.become();
                }
                surroundings.out().print(tool.plan());
            }
            case "pids" -> {
                expect(arguments, rest, 1, MANY, "a name");
                refuseMore(arguments, rest, "pids");
                for (ProcessEntry process : networks.processes(rest.get(0))) {
                    surroundings.out().println(process.pid());
                }
            }
            case "identify" -> {
                refuseMore(arguments, rest, "identify");
                String process = rest.isEmpty() ? "self" : Integer.toString(pid(arguments, rest.get(0)));
                surroundings.out().println(String.join("\n", networks.identify(process)));
            }
            case "set" -> {
                expect(arguments, rest, 2, MANY, "a name, and an id or auto");
                return assign(rest.get(0), id(arguments, rest.get(1)), networks, surroundings);
            }
            default -> {
                monitor(surroundings);
            }
        }
        surroundings.out().flush();
        return 0;
    }

    private static String verb(String word, Arguments arguments) {
        for (String verb : VERBS) {
            if (!word.isEmpty() && verb.startsWith(word)) {
                return verb;
            }
        }
        throw new JboxException(arguments.noneOf(word, SHOWN_VERBS).problems(), NamedNetworks.BAD_NAME);
    }

    private static void expect(Arguments arguments, List<String> rest, int least, int most, String what) {
        if (rest.size() < least || rest.size() > most) {
            throw arguments.usage("expected " + what);
        }
    }

    /** ip(8) accepts no second word here, and exits with 1. */
    private static void refuseMore(Arguments arguments, List<String> rest, String verb) {
        if (rest.size() > 1) {
            throw new JboxException(
                    arguments
                            .usage(verb + ": unexpected argument \"" + rest.get(1) + "\"")
                            .problems(),
                    1);
        }
    }

    /** Wrong usage for which ip(8) has another exit code. */
    private static JboxException bad(Arguments arguments, String message) {
        return new JboxException(arguments.usage(message).problems(), NamedNetworks.BAD_NAME);
    }

    private static int pid(Arguments arguments, String text) {
        int pid = number(text, MAX_PID);
        if (pid <= 0) {
            throw arguments.usage("\"" + text + "\" is not a process");
        }
        return pid;
    }

    private static int id(Arguments arguments, String text) {
        if (text.equals("auto")) {
            return NamespaceEntry.UNASSIGNED;
        }
        int id = number(text, Integer.MAX_VALUE);
        if (id < 0) {
            throw bad(arguments, "\"" + text + "\": expected a number from 0 on, or auto");
        }
        return id;
    }

    private static int number(String text, int most) {
        try {
            // With the prefixes 0x and 0, as in strtoul(3).
            int number = text.startsWith("-") || text.startsWith("+") ? -1 : Integer.decode(text);
            return number <= most ? number : -1;
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static String list(Map<String, Integer> ids, boolean json) {
        StringBuilder out = new StringBuilder();
        List<Object> objects = new ArrayList<>();
        for (Map.Entry<String, Integer> entry : ids.entrySet()) {
            boolean assigned = entry.getValue() != NamespaceEntry.UNASSIGNED;
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("name", entry.getKey());
            if (assigned) {
                object.put("id", entry.getValue());
            }
            objects.add(object);
            out.append(entry.getKey())
                    .append(assigned ? " (id: " + entry.getValue() + ")" : "")
                    .append('\n');
        }
        return json ? Json.write(objects) + "\n" : out.toString();
    }

    private static int listIds(
            Arguments arguments, List<String> rest, NamedNetworks networks, Surroundings surroundings) {
        int target = NOT_THERE;
        int only = NOT_THERE;
        for (int i = 0; i < rest.size(); i += 2) {
            String word = rest.get(i);
            int number = i + 1 < rest.size() ? number(rest.get(i + 1), Integer.MAX_VALUE) : NOT_THERE;
            boolean isTarget = word.equals("target-nsid");
            boolean twice = isTarget ? target != NOT_THERE : only != NOT_THERE;
            if (!isTarget && !word.equals("nsid") || number < 0 || twice) {
                throw bad(arguments, "list-id: expected [target-nsid ID] [nsid ID]");
            }
            target = isTarget ? number : target;
            only = isTarget ? only : number;
        }
        Map<Integer, NamedNetworks.Known> known;
        try {
            known = networks.known(target);
        } catch (NetlinkException e) {
            throw new JboxException("the ids of network namespace " + target + ": " + e.getMessage());
        }
        if (only != NOT_THERE && !known.containsKey(only)) {
            surroundings.err().println("jbox: netns: there is no id " + only);
            return REFUSED;
        }
        StringBuilder out = new StringBuilder();
        List<Object> objects = new ArrayList<>();
        for (Map.Entry<Integer, NamedNetworks.Known> entry : known.entrySet()) {
            if (only == NOT_THERE || only == entry.getKey()) {
                describe(entry.getKey(), entry.getValue(), target != NOT_THERE, objects, out);
            }
        }
        surroundings.out().print(arguments.has(JSON) ? Json.write(objects) + "\n" : out.toString());
        return 0;
    }

    private static void describe(
            int id, NamedNetworks.Known known, boolean elsewhere, List<Object> objects, StringBuilder out) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("nsid", id);
        out.append("nsid ").append(id);
        if (elsewhere) {
            boolean assigned = known.here() != NamespaceEntry.UNASSIGNED;
            out.append(" current-nsid ").append(assigned ? Integer.toString(known.here()) : "unassigned");
            object.put("current-nsid", assigned ? (Object) known.here() : "unassigned");
        }
        String name = known.name();
        if (name != null) {
            object.put("name", name);
            out.append(" (iproute2 netns name: ").append(name).append(')');
        }
        objects.add(object);
        out.append('\n');
    }

    private static int assign(String name, int id, NamedNetworks networks, Surroundings surroundings) {
        try {
            networks.assign(name, id);
            return 0;
        } catch (NetlinkException e) {
            surroundings.err().println("jbox: network namespace \"" + name + "\": " + e.getMessage());
            return REFUSED;
        }
    }

    private static int delete(
            Arguments arguments, List<String> rest, NamedNetworks networks, Surroundings surroundings) {
        boolean all = arguments.has(ALL);
        expect(arguments, rest, all ? 0 : 1, MANY, "a name, or --all");
        for (String name : all ? networks.names() : rest.subList(0, 1)) {
            try {
                delete(name, networks, surroundings);
            } catch (JboxException e) {
                if (!all) {
                    throw e;
                }
                surroundings.err().print("jbox: " + e.problems().get(0).render());
                break;
            }
        }
        return 0;
    }

    private static void delete(String name, NamedNetworks networks, Surroundings surroundings) {
        long inode = networks.inode(name);
        networks.delete(name);
        List<String> holders = inode == 0 ? List.of() : networks.holders(inode);
        if (!holders.isEmpty()) {
            surroundings
                    .err()
                    .println("jbox: netns: \"" + name + "\" no longer has a name, but is kept by "
                            + String.join(", ", holders.subList(0, Math.min(SHOWN, holders.size())))
                            + (holders.size() > SHOWN ? " and " + (holders.size() - SHOWN) + " more" : ""));
        }
    }

    private static NamespaceTool exec(
            Arguments arguments, Kernel kernel, NamedNetworks networks, Surroundings surroundings) {
        List<String> words = arguments.rest() == null ? List.of() : arguments.rest();
        Caller caller = CallerReader.read();
        List<String> shown = UnshareCommand.shown("netns", arguments, caller);
        if (arguments.has(ALL)) {
            if (words.isEmpty()) {
                throw arguments.usage("expected a program");
            }
            return NamespaceTool.inEachNetwork(kernel, caller, networks, caller.lastArguments(words.size()), shown);
        }
        if (words.size() < 2) {
            throw arguments.usage("expected a name and a program");
        }
        String name = words.get(0);
        NamespaceTool tool =
                NamespaceTool.inNetwork(kernel, caller, networks, name, caller.lastArguments(words.size() - 1), shown);
        for (String file : NamespaceTool.networkFiles(name, false)) {
            surroundings.err().println("jbox: netns: /etc/netns/" + name + "/" + file + ": there is no /etc/" + file);
        }
        return tool;
    }

    private static void monitor(Surroundings surroundings) {
        Path folder = Path.of(NamedNetworks.FOLDER);
        try (WatchService watcher = FileSystems.getDefault().newWatchService()) {
            Files.createDirectories(folder);
            folder.register(watcher, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
            WatchKey key;
            do {
                key = watcher.take();
                for (WatchEvent<?> event : key.pollEvents()) {
                    boolean add = event.kind() == StandardWatchEventKinds.ENTRY_CREATE;
                    surroundings.out().println((add ? "add " : "delete ") + event.context());
                }
                surroundings.out().flush();
            } while (key.reset() && !surroundings.out().checkError());
        } catch (IOException e) {
            throw new JboxException(folder + ": " + SystemError.of(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
