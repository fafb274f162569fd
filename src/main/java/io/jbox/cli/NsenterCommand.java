package io.jbox.cli;

import io.jbox.config.Namespace;
import io.jbox.facts.Caller;
import io.jbox.facts.EnterRequest;
import io.jbox.facts.KnownTarget;
import io.jbox.facts.ToolProgram;
import io.jbox.life.BoxCompiler;
import io.jbox.life.ToolCompiler;
import io.jbox.ns.CallerReader;
import io.jbox.ns.EnterFiles;
import io.jbox.ns.NamespaceTool;
import io.jbox.ns.Target;
import io.jbox.ns.UserNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code jbox nsenter}: runs a program in existing namespaces like nsenter(1). */
final class NsenterCommand implements Command {
    private static final int MAX_PID = 1 << 22;
    private static final int MAX_DESCRIPTOR = 1 << 30;

    private static final NamespaceOptions NAMESPACES =
            new NamespaceOptions("[FILE]", "enter the %s namespace of the target, or that of FILE");
    private static final Option ALL = new Option('a', "all", null, "enter all namespaces of the target");
    private static final Option TARGET =
            new Option('t', "target", "PID", "the target process; with :INODE, that of its pidfd");
    private static final Option SETUID =
            new Option('S', "setuid", "UID", "the user inside, or follow for that of the target");
    private static final Option SETGID =
            new Option('G', "setgid", "GID", "the group inside, without supplementary groups, or follow");
    private static final Option PRESERVE =
            new Option('\0', "preserve-credentials", null, "do not become root of a user namespace");
    private static final Option ROOT = new Option('r', "root", "[DIR]", "the root directory of the target, or DIR");
    private static final Option WD = new Option('w', "wd", "[DIR]", "the working directory of the target, or DIR");
    private static final Option WDNS = new Option('W', "wdns", "[DIR]", "the working directory inside");
    private static final Option ENV = new Option('e', "env", null, "the environment of the target");
    private static final Option NO_FORK = new Option('F', "no-fork", null, "no child for a PID namespace");
    private static final Option CONTEXT = new Option('Z', "follow-context", null, "not supported: the SELinux context");
    private static final Option NET_SOCKET =
            new Option('N', "net-socket", "FD", "enter the network namespace of a socket of the target");
    private static final Option USER_PARENT =
            new Option('\0', "user-parent", null, "enter the user namespace that the other namespaces belong to");
    private static final Option KEEP_CAPS =
            new Option('\0', "keep-caps", null, "keep the capabilities that a user namespace gives");
    private static final Option JOIN_CGROUP = new Option('c', "join-cgroup", null, "be in the cgroups of the target");

    @Override
    public CommandSpec spec() {
        List<Option> options = new ArrayList<>(List.of(ALL, TARGET));
        options.addAll(NAMESPACES.list());
        options.addAll(List.of(
                NET_SOCKET,
                USER_PARENT,
                SETUID,
                SETGID,
                PRESERVE,
                ROOT,
                WD,
                WDNS,
                ENV,
                NO_FORK,
                JOIN_CGROUP,
                KEEP_CAPS,
                CONTEXT,
                UnshareCommand.PLAN,
                Option.VERSION));
        return new CommandSpec(
                "nsenter",
                "[PROGRAM [ARGUMENT]...]",
                "runs a program in namespaces of other processes",
                "Without a PROGRAM it is $SHELL. Text directly after an option letter is its FILE: -mu means --mount=u, not -m -u.\n"
                        + "All namespaces are entered at once, by a descriptor of the process. In a user namespace the program\n"
                        + "becomes root. A PID namespace is for a child, which nsenter waits for.\n",
                options,
                false,
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        NamespaceTool tool = tool(arguments, CallerReader.read());
        if (arguments.has(UnshareCommand.PLAN)) {
            surroundings.out().print(tool.plan());
            return 0;
        }
        compileLater(arguments, surroundings);
        throw tool.become();
    }

    /** Compiles it in the background, before this process becomes the program. */
    private static void compileLater(Arguments arguments, Surroundings surroundings) {
        BoxCompiler compiler = surroundings.compiler(arguments);
        if (compiler == null || arguments.rest() == null) {
            return;
        }
        List<String> words = arguments.beforeRest();
        ToolCompiler.Call call = compiled(arguments, words);
        if (call != null && compiler.tools().isWorthIt(call)) {
            new DetachedCompiler(compiler).compile(ToolCompiler.NSENTER, words);
        }
    }

    /**
     * Compiles it with certain options, for any program and any target.
     *
     * @param words before the program
     * @return the file; null if it cannot be compiled
     */
    static @Nullable String compile(BoxCompiler compiler, List<String> words) {
        Arguments arguments = UnshareCommand.beforeProgram(new NsenterCommand().spec(), words);
        ToolCompiler.Call call = arguments == null ? null : compiled(arguments, words);
        if (arguments == null || call == null) {
            return null;
        }
        Target target = target(arguments);
        EnterRequest request = request(arguments, CallerReader.read(), target, new EnterFiles(target));
        KnownTarget user =
                !arguments.has(ALL) ? KnownTarget.ANY : request.user() ? KnownTarget.OTHER_USER : KnownTarget.SAME_USER;
        return compiler.tools().compile(call, request, user);
    }

    /** What is compiled: entering the namespaces and folders of one process; null for anything else. */
    private static ToolCompiler.@Nullable Call compiled(Arguments arguments, List<String> words) {
        int target = Math.max(words.indexOf("-" + TARGET.letter()), words.indexOf("--" + TARGET.name())) + 1;
        for (Option option : List.of(ENV, CONTEXT, NET_SOCKET, USER_PARENT, JOIN_CGROUP, UnshareCommand.PLAN)) {
            if (arguments.has(option)) {
                return null;
            }
        }
        for (Option option : List.of(SETUID, SETGID)) {
            String id = arguments.value(option);
            if (id != null && !id.matches("[0-9]+")) {
                return null;
            }
        }
        for (Option option : List.of(ROOT, WD)) {
            String folder = arguments.value(option);
            if (folder != null && !folder.isEmpty()) {
                return null;
            }
        }
        boolean one = arguments.values(TARGET).size() == 1
                && target > 0
                && target < words.size()
                && words.get(target).equals(arguments.value(TARGET))
                && words.get(target).matches("[0-9]+");
        return one && NAMESPACES.files(arguments).isEmpty() ? ToolCompiler.Call.nsenter(words, target) : null;
    }

    /** Loads the classes of this command. */
    static void rehearse() {
        Caller caller = CallerReader.read();
        List<String> words = List.of("-t", Integer.toString(caller.pid()), "-a", "true");
        tool(Arguments.parse(new NsenterCommand().spec(), words), caller).rehearse();
    }

    private static NamespaceTool tool(Arguments arguments, Caller caller) {
        Target target = target(arguments);
        EnterFiles files = new EnterFiles(target);
        EnterRequest request = request(arguments, caller, target, files);
        return NamespaceTool.enter(caller, request, files, UnshareCommand.shown("nsenter", arguments, caller));
    }

    private static EnterRequest request(Arguments arguments, Caller caller, @Nullable Target target, EnterFiles files) {
        if (arguments.has(CONTEXT)) {
            throw arguments.usage("-Z: SELinux contexts are not supported; runcon(1) sets one");
        }
        if (arguments.has(WD) && arguments.has(WDNS)) {
            throw arguments.usage("--wd and --wdns exclude each other");
        }
        for (Map.Entry<Namespace, String> file : NAMESPACES.files(arguments).entrySet()) {
            files.namespace(file.getKey(), file.getValue());
        }
        Set<Namespace> asked = NAMESPACES.asked(arguments);
        if (arguments.has(ALL)) {
            asked.addAll(required(arguments, target).namespaces());
        }
        asked.removeAll(files.namespaces());
        if (arguments.has(NET_SOCKET)) {
            int number = arguments.number(NET_SOCKET, 0, MAX_DESCRIPTOR, 0);
            required(arguments, target);
            files.networkOfSocket(number);
            asked.remove(Namespace.NET);
        }
        if (arguments.has(USER_PARENT)) {
            if (files.namespaces().isEmpty()) {
                required(arguments, target);
            }
            files.parent();
            asked.remove(Namespace.USER);
        }
        if (!asked.isEmpty()) {
            required(arguments, target);
        }
        boolean user = asked.contains(Namespace.USER) || files.namespaces().contains(Namespace.USER);
        boolean becomesRoot = user && !arguments.has(PRESERVE);
        boolean pid = asked.contains(Namespace.PID) || files.namespaces().contains(Namespace.PID);
        Long uid = id(arguments, SETUID, UserNames.users(), target);
        Long gid = id(arguments, SETGID, UserNames.groups(), target);
        String inside = arguments.value(WDNS);
        List<String> words = arguments.rest() == null ? List.of() : arguments.rest();
        String root = folder(arguments, ROOT, target);
        if (root != null) {
            files.root(root);
        }
        String folder = folder(arguments, WD, target);
        if (folder != null) {
            files.folder(folder);
        }
        int cgroups = 0;
        if (arguments.has(JOIN_CGROUP)) {
            required(arguments, target);
            cgroups = files.cgroups();
        }
        return new EnterRequest(
                asked,
                files.namespaces(),
                new EnterRequest.Folders(
                        root != null, folder != null, inside == null || inside.isEmpty() ? null : inside),
                cgroups,
                pid && !arguments.has(NO_FORK),
                new ToolProgram(
                        uid == null && becomesRoot ? Long.valueOf(0) : uid,
                        gid == null && becomesRoot ? Long.valueOf(0) : gid,
                        arguments.has(KEEP_CAPS),
                        arguments.has(ENV) ? required(arguments, target).environment() : caller.environment(),
                        caller.lastArguments(words.size())));
    }

    private static @Nullable Target target(Arguments arguments) {
        String text = arguments.value(TARGET);
        if (text == null) {
            return null;
        }
        int colon = text.indexOf(':');
        try {
            int pid = Integer.parseInt(colon < 0 ? text : text.substring(0, colon));
            long inode = colon < 0 ? 0 : Long.parseUnsignedLong(text.substring(colon + 1));
            if (pid >= 1 && pid <= MAX_PID && (colon < 0 || inode != 0)) {
                Target target = new Target(pid);
                target.expect(inode);
                return target;
            }
        } catch (NumberFormatException e) {
            // An invalid number is treated like the number of no process.
        }
        throw arguments.usage("--target \"" + text + "\": expected PID, or PID:INODE");
    }

    private static Target required(Arguments arguments, @Nullable Target target) {
        if (target == null) {
            throw arguments.usage("no process is given; use --target PID, or a FILE after each namespace");
        }
        return target;
    }

    /** A path, or nothing for the target's. */
    private static @Nullable String folder(Arguments arguments, Option option, @Nullable Target target) {
        String path = arguments.value(option);
        if (path != null && path.isEmpty()) {
            required(arguments, target);
        }
        return path;
    }

    private static @Nullable Long id(Arguments arguments, Option option, UserNames names, @Nullable Target target) {
        if (!"follow".equals(arguments.value(option))) {
            return IdOption.find(arguments, option, names);
        }
        Target followed = required(arguments, target);
        return option == SETUID ? followed.uid() : followed.gid();
    }
}
