package io.jbox.cli;

import io.jbox.facts.Caller;
import io.jbox.life.BoxCompiler;
import io.jbox.life.ToolCompiler;
import io.jbox.ns.CallerReader;
import io.jbox.ns.NamedNetworks;
import io.jbox.ns.NamespaceEntry;
import io.jbox.ns.NamespaceTool;
import io.jbox.ns.NetworkIds;
import io.jbox.ns.ProcessEntry;
import io.jbox.problem.JboxException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

    private static final int NOT_THERE = NetworkIdListing.ANY;
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
                        + "  attach NAME PID             gives the network namespace of a process a name\n"
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
        NamedNetworks networks = new NamedNetworks();
        switch (verb) {
            case "list", "show", "lst" -> {
                surroundings.out().print(listing(arguments, networks).names());
            }
            case "list-id" -> {
                return listIds(arguments, rest, listing(arguments, networks), surroundings);
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
                NamespaceTool tool = exec(arguments, networks, surroundings);
                if (!arguments.has(UnshareCommand.PLAN)) {
                    compileLater(arguments, surroundings);
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
                NetnsMonitor.show(surroundings.out());
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

    private static NetworkIdListing listing(Arguments arguments, NamedNetworks networks) {
        return new NetworkIdListing(new NetworkIds(networks), arguments.has(JSON));
    }

    private static int listIds(
            Arguments arguments, List<String> rest, NetworkIdListing listing, Surroundings surroundings) {
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
        String ids = listing.ids(target, only);
        if (ids == null) {
            surroundings.err().println("jbox: netns: there is no id " + only);
            return REFUSED;
        }
        surroundings.out().print(ids);
        return 0;
    }

    private static int assign(String name, int id, NamedNetworks networks, Surroundings surroundings) {
        String refusal = new NetworkIds(networks).assign(name, id);
        if (refusal == null) {
            return 0;
        }
        surroundings.err().println("jbox: network namespace \"" + name + "\": " + refusal);
        return REFUSED;
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

    /** Compiles it in the background, before this process becomes the program. */
    private static void compileLater(Arguments arguments, Surroundings surroundings) {
        BoxCompiler compiler = surroundings.compiler(arguments);
        if (compiler == null || arguments.rest() == null || arguments.rest().isEmpty()) {
            return;
        }
        List<String> words = new ArrayList<>(arguments.beforeRest());
        words.add(arguments.rest().get(0));
        if (isCompiled(words)
                && areAllMounted(words.get(1))
                && compiler.tools().isWorthIt(ToolCompiler.Call.netnsExec(words.get(1)))) {
            new DetachedCompiler(compiler).compile(ToolCompiler.NETNS, words);
        }
    }

    /**
     * Compiles it for one network, and any program.
     *
     * @param words before the program
     * @return the file; null if it cannot be compiled
     */
    static @Nullable String compile(BoxCompiler compiler, List<String> words) {
        if (!isCompiled(words)) {
            return null;
        }
        String name = words.get(1);
        return areAllMounted(name)
                ? compiler.tools().compile(ToolCompiler.Call.netnsExec(name), () -> NamespaceTool.knownNetwork(name))
                : null;
    }

    /** Of the other files, jbox says that they are not mounted. */
    private static boolean areAllMounted(String name) {
        return NamespaceTool.networkFiles(name, false).isEmpty();
    }

    private static boolean isCompiled(List<String> words) {
        return words.size() == 2 && words.get(0).equals("exec") && !words.get(1).startsWith("-");
    }

    private static NamespaceTool exec(Arguments arguments, NamedNetworks networks, Surroundings surroundings) {
        List<String> words = arguments.rest() == null ? List.of() : arguments.rest();
        Caller caller = CallerReader.read();
        List<String> shown = UnshareCommand.shown("netns", arguments, caller);
        if (arguments.has(ALL)) {
            if (words.isEmpty()) {
                throw arguments.usage("expected a program");
            }
            return NamespaceTool.inEachNetwork(caller, networks, caller.lastArguments(words.size()), shown);
        }
        if (words.size() < 2) {
            throw arguments.usage("expected a name and a program");
        }
        String name = words.get(0);
        NamespaceTool tool =
                NamespaceTool.inNetwork(caller, networks, name, caller.lastArguments(words.size() - 1), shown);
        for (String file : NamespaceTool.networkFiles(name, false)) {
            surroundings.err().println("jbox: netns: /etc/netns/" + name + "/" + file + ": there is no /etc/" + file);
        }
        return tool;
    }
}
