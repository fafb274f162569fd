package io.jbox.cli;

import io.jbox.json.Json;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.netlink.NetlinkException;
import io.jbox.ns.Caller;
import io.jbox.ns.NamedNetworks;
import io.jbox.ns.NamespaceEntry;
import io.jbox.ns.NetworkExec;
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
import org.jspecify.annotations.Nullable;

/** {@code jbox netns}: ip-netns(8). */
final class NetnsCommand implements Command {
    private static final Option JSON = new Option('j', "json", null, "print JSON");
    private static final Option ALL = new Option('a', "all", null, "delete all names");
    private static final int MAX_PID = 1 << 22;
    /** How many of those that keep a namespace are named. */
    private static final int SHOWN = 8;
    /** ip(8)'s exit code for what the kernel refuses. */
    private static final int REFUSED = 2;

    /** What there is, in the order in which ip(8) looks for the beginning of a word. */
    private static final List<String> VERBS = List.of(
            "list", "show", "lst", "list-id", "add", "set", "delete", "attach", "identify", "pids", "exec", "monitor");

    /** The same for completion. */
    static final String SHOWN_VERBS = "list add attach delete exec pids identify set list-id monitor";

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "netns",
                "[list|add|attach|delete|pids|identify|set|list-id|monitor ... | exec NAME PROGRAM [ARGUMENT]...]",
                "keeps network namespaces that have names",
                "  list                        the names, with their ids here\n"
                        + "  add NAME                    a new network namespace\n"
                        + "  attach NAME PID             a name for that of a process\n"
                        + "  delete NAME                 takes the name away, and tells what still keeps the namespace\n"
                        + "  exec NAME PROGRAM...        runs a program in it, with /etc/netns/NAME mounted on /etc\n"
                        + "  pids NAME                   the processes in it\n"
                        + "  identify [PID]              the names of a process's network namespace\n"
                        + "  set NAME ID|auto            gives it an id here, which links' peers are shown with\n"
                        + "  list-id                     the ids here, with their names\n"
                        + "  monitor                     tells of names that come and go\n"
                        + "The names are files below " + NamedNetworks.FOLDER + ", as those of ip(8) are.\n",
                List.of(JSON, ALL, Option.VERSION),
                false,
                true);
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
                expect(arguments, rest, 0, 0, "nothing behind it");
                surroundings.out().print(list(networks.ids(), arguments.has(JSON)));
            }
            case "list-id" -> {
                expect(arguments, rest, 0, 0, "nothing behind it");
                surroundings.out().print(listIds(networks.assigned(), arguments.has(JSON)));
            }
            case "add" -> {
                expect(arguments, rest, 1, 1, "a name");
                networks.add(rest.get(0));
            }
            case "attach" -> {
                expect(arguments, rest, 2, 2, "a name and a process");
                networks.attach(rest.get(0), pid(arguments, rest.get(1)));
            }
            case "delete" -> {
                return delete(arguments, rest, networks, surroundings);
            }
            case "exec" -> throw exec(arguments, kernel, networks, surroundings);
            case "pids" -> {
                expect(arguments, rest, 1, 1, "a name");
                for (ProcessEntry process : networks.processes(rest.get(0))) {
                    surroundings.out().println(process.pid());
                }
            }
            case "identify" -> {
                expect(arguments, rest, 0, 1, "at most one process");
                String process = rest.isEmpty() ? "self" : Integer.toString(pid(arguments, rest.get(0)));
                surroundings.out().println(String.join("\n", networks.identify(process)));
            }
            case "set" -> {
                expect(arguments, rest, 2, 2, "a name, and an id or auto");
                return assign(rest.get(0), id(arguments, rest.get(1)), networks, surroundings);
            }
            default -> {
                expect(arguments, rest, 0, 0, "nothing behind it");
                monitor(surroundings);
            }
        }
        surroundings.out().flush();
        return 0;
    }

    private static String verb(String word, Arguments arguments) {
        for (String verb : VERBS) {
            if (verb.startsWith(word)) {
                return verb;
            }
        }
        throw bad(arguments, "\"" + word + "\" is none of " + SHOWN_VERBS);
    }

    private static void expect(Arguments arguments, List<String> rest, int least, int most, String what) {
        if (rest.size() < least || rest.size() > most) {
            throw arguments.usage("expected " + what);
        }
    }

    /** Wrong usage that ip(8) has another exit code for. */
    private static JboxException bad(Arguments arguments, String message) {
        return new JboxException(arguments.usage(message).problems(), NamedNetworks.BAD_NAME);
    }

    private static int pid(Arguments arguments, String text) {
        int pid = number(text, MAX_PID);
        if (pid <= 0) {
            throw arguments.usage("\"" + text + "\" is no process");
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
            int number = Integer.parseInt(text);
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

    private static String listIds(Map<Integer, @Nullable String> assigned, boolean json) {
        StringBuilder out = new StringBuilder();
        List<Object> objects = new ArrayList<>();
        for (Map.Entry<Integer, @Nullable String> entry : assigned.entrySet()) {
            String name = entry.getValue();
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("nsid", entry.getKey());
            if (name != null) {
                object.put("name", name);
            }
            objects.add(object);
            out.append("nsid ").append(entry.getKey());
            out.append(name == null ? "" : " (iproute2 netns name: " + name + ")")
                    .append('\n');
        }
        return json ? Json.write(objects) + "\n" : out.toString();
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
        expect(arguments, rest, all ? 0 : 1, all ? 0 : 1, "a name, or --all");
        JboxException failure = null;
        for (String name : all ? networks.names() : rest) {
            try {
                delete(name, networks, surroundings);
            } catch (JboxException e) {
                if (!all) {
                    throw e;
                }
                surroundings.err().print("jbox: " + e.problems().get(0).render());
                failure = e;
            }
        }
        return failure == null ? 0 : failure.exitCode();
    }

    private static void delete(String name, NamedNetworks networks, Surroundings surroundings) {
        long inode = networks.inode(name);
        networks.delete(name);
        List<String> holders = inode == 0 ? List.of() : networks.holders(inode);
        if (!holders.isEmpty()) {
            surroundings
                    .err()
                    .println("jbox: netns: \"" + name + "\" has no name any more, but is kept by "
                            + String.join(", ", holders.subList(0, Math.min(SHOWN, holders.size())))
                            + (holders.size() > SHOWN ? " and " + (holders.size() - SHOWN) + " more" : ""));
        }
    }

    private static JboxException exec(
            Arguments arguments, Kernel kernel, NamedNetworks networks, Surroundings surroundings) {
        List<String> words = arguments.rest() == null ? List.of() : arguments.rest();
        if (words.size() < 2) {
            throw arguments.usage("expected a name and a program");
        }
        String name = words.get(0);
        Caller caller = Caller.read();
        int network = networks.open(name, NamedNetworks.BAD_NAME);
        NetworkExec exec = new NetworkExec(kernel, caller, name, network, caller.lastArguments(words.size() - 1));
        for (String file : exec.files(false)) {
            surroundings.err().println("jbox: netns: /etc/netns/" + name + "/" + file + ": there is no /etc/" + file);
        }
        return exec.become(UnshareCommand.shown("netns", arguments, caller));
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
