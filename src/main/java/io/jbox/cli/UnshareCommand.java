package io.jbox.cli;

import io.jbox.facts.Caller;
import io.jbox.life.BoxCompiler;
import io.jbox.life.ToolCompiler;
import io.jbox.ns.CallerReader;
import io.jbox.ns.NamespaceTool;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code jbox unshare}: runs a program in new namespaces like unshare(1). */
final class UnshareCommand implements Command {
    static final Option PLAN = new Option('\0', "plan", null, "print what would be done, without doing it");

    @Override
    public CommandSpec spec() {
        List<Option> options = UnshareOptions.all();
        options.add(PLAN);
        options.add(Option.VERSION);
        return new CommandSpec(
                "unshare",
                "[PROGRAM [ARGUMENT]...]",
                "runs a program in new namespaces",
                "Without a PROGRAM it is $SHELL. The program runs in this very process; a new PID namespace is for its\n"
                        + "children, so --pid usually needs --fork. FILE must exist; the namespace is mounted on it and lives\n"
                        + "until that is unmounted.\n",
                options,
                false,
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Caller caller = CallerReader.read();
        NamespaceTool tool = tool(arguments, caller);
        if (arguments.has(PLAN)) {
            surroundings.out().print(tool.plan());
            return 0;
        }
        compileLater(arguments, caller, surroundings);
        throw tool.become();
    }

    /** Compiles it in the background, before this process becomes the program. */
    private static void compileLater(Arguments arguments, Caller caller, Surroundings surroundings) {
        BoxCompiler compiler = surroundings.compiler(arguments);
        List<String> rest = arguments.rest() == null ? List.of() : arguments.rest();
        List<String> words = arguments.beforeRest();
        if (compiler != null
                && UnshareOptions.leavesEnvironment(arguments)
                && compiler.tools()
                        .isWorthIt(
                                ToolCompiler.Call.unshare(words),
                                UnshareOptions.request(arguments, caller, rest.size()))) {
            new DetachedCompiler(compiler).compile(ToolCompiler.UNSHARE, words);
        }
    }

    /** Parses options as if a program followed; null if they already contain one, or {@code --}. */
    static @Nullable Arguments beforeProgram(CommandSpec spec, List<String> options) {
        List<String> words = new ArrayList<>(options);
        words.add("true");
        Arguments arguments = Arguments.parse(spec, words);
        boolean alone = arguments.rest() != null && arguments.rest().size() == 1 && !options.contains("--");
        return alone ? arguments : null;
    }

    /**
     * Compiles it with certain options, for any program.
     *
     * @param words before the program
     * @return the file; null if it cannot be compiled
     */
    static @Nullable String compile(BoxCompiler compiler, List<String> words) {
        Arguments arguments = beforeProgram(new UnshareCommand().spec(), words);
        if (arguments == null || arguments.has(PLAN) || !UnshareOptions.leavesEnvironment(arguments)) {
            return null;
        }
        return compiler.tools()
                .compile(ToolCompiler.Call.unshare(words), UnshareOptions.request(arguments, CallerReader.read(), 1));
    }

    /** Loads the classes of this command. */
    static void rehearse() {
        Arguments arguments = Arguments.parse(new UnshareCommand().spec(), List.of("-rfpmuin", "--mount-proc", "true"));
        tool(arguments, CallerReader.read()).rehearse();
    }

    private static NamespaceTool tool(Arguments arguments, Caller caller) {
        List<String> rest = arguments.rest() == null ? List.of() : arguments.rest();
        return NamespaceTool.unshare(
                caller, UnshareOptions.request(arguments, caller, rest.size()), shown("unshare", arguments, caller));
    }

    /** The arguments that ps shows for a process that is no longer jbox. */
    static List<String> shown(String tool, Arguments arguments, Caller caller) {
        List<String> shown = new ArrayList<>();
        shown.add(tool);
        shown.addAll(caller.lastArguments(arguments.count()));
        if (arguments.has(PLAN)) {
            shown.remove("--" + PLAN.name());
        }
        return shown;
    }
}
