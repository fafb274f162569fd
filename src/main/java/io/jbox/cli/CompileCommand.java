package io.jbox.cli;

import io.jbox.life.BoxCompiler;
import io.jbox.life.BoxDefinition;
import io.jbox.life.OptionWords;
import io.jbox.life.ToolCompiler;
import io.jbox.life.WholeFile;
import io.jbox.number.Sha256;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code jbox compile NAME}: makes programs of what commands do with a box, which need no JVM. */
final class CompileCommand implements Command {
    private static final Option USED = new Option('\0', "used", null, "only commands that have been used with it");
    private static final Option OUTPUT = new Option(
            'o', "output", "FILE", "make one file that runs commands in the box, and needs neither jbox nor a JVM");
    private static final Option TOOL =
            new Option('\0', "tool", "TOOL", "a namespace tool with the options behind --, for any program");

    private static final Option STREAMS =
            new Option('\0', "streams", "KIND", "exec or run with the words behind --, for these standard streams");

    private static final List<String> TOOLS = List.of(ToolCompiler.UNSHARE, ToolCompiler.NSENTER, ToolCompiler.NETNS);

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "compile",
                "NAME [-o FILE] | --streams KIND -- COMMAND WORD... | --tool TOOL -- WORD...",
                "makes programs that use a box without a JVM",
                "Prints their files, and why start or run has none. jbox does this by itself, in the background, when a box has been\n"
                        + "used. A program looks first whether everything is as it was, and leaves the work to jbox where it is not. Only\n"
                        + "root's boxes are compiled.\n"
                        + "\n"
                        + "With -o, FILE does what jbox run NAME does, on this host or another of the same processor that has the box's\n"
                        + "root file system at the same path: FILE [--plan | --version] [--] COMMAND. It is made of the configuration as\n"
                        + "it is now. Only root can run it. A host with a jbox of its own needs a file that was made there. The box's\n"
                        + "network must be empty or none.\n"
                        + "\n"
                        + "With --streams, COMMAND is exec or run, and its words are the box, or --image IMAGE, and the options -e, -t, -T,\n"
                        + "-u and -w. KIND has a letter for each stream: pp and ps without a terminal as input (s: standard error is\n"
                        + "standard output), ttt, ttp, tpt, tpp and tps with one. TOOL is unshare, nsenter or netns; the words are those\n"
                        + "before its program.\n",
                List.of(USED, OUTPUT, TOOL, STREAMS),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        String tool = arguments.value(TOOL);
        List<String> rest = arguments.rest() == null ? List.of() : arguments.rest();
        if (tool != null && !TOOLS.contains(tool)) {
            throw arguments.usage("--tool \"" + tool + "\": only " + String.join(", ", TOOLS) + " are compiled");
        }
        String streams = arguments.value(STREAMS);
        if (tool == null && streams == null && !rest.isEmpty()) {
            throw arguments.usage("takes nothing after a box");
        }
        OptionWords words = streams == null ? null : words(arguments, streams, rest);
        String box = tool != null ? "" : words != null ? words.box() : arguments.operand("box");
        boolean writes = arguments.value(OUTPUT) != null;
        if (writes && (tool != null || words != null || arguments.has(USED))) {
            throw arguments.usage("-o is for a box alone");
        }
        if ((tool != null || words != null)
                && (tool != null && words != null || !arguments.operands().isEmpty())) {
            throw arguments.usage("--streams, --tool and a box exclude each other");
        }
        if (writes) {
            return writeFile(box, arguments, surroundings);
        }
        BoxCompiler compiler = surroundings.compiler(arguments);
        if (compiler == null) {
            throw new JboxException(
                    "compile: jbox does not compile when it is called this way",
                    "root must call it by a path without .. in it, with a cache that only root can write to, and without -P or JBOX_*");
        }
        if (tool != null) {
            String file = compile(tool, compiler, rest);
            if (file == null) {
                throw new JboxException(
                        "compile: " + tool + " with these options is not compiled",
                        "not all options are compiled, and only bin/jbox of a distribution executes such programs");
            }
            surroundings.out().println(file);
            return 0;
        }
        BoxDefinition definition = words != null && words.image() != null
                ? new ImageBox(ImageWord.parse(words.image()), surroundings).definition(arguments)
                : definition(box, compiler, arguments, surroundings);
        BoxCompiler.Compiled compiled = words == null
                ? compiler.compile(box, definition, !arguments.has(USED))
                : compiler.compile(words, String.valueOf(streams), definition);
        compiled.files().forEach(surroundings.out()::println);
        String shown = words != null && words.image() != null ? words.image() : box;
        compiled.obstacles()
                .forEach((command, reason) ->
                        surroundings.err().println("jbox: " + shown + ": " + command + " is not compiled: " + reason));
        return 0;
    }

    private static OptionWords words(Arguments arguments, String streams, List<String> rest) {
        boolean known =
                !rest.isEmpty() && (rest.get(0).equals("exec") || rest.get(0).equals("run"));
        OptionWords words = known ? OptionWords.parse(rest.get(0), rest.subList(1, rest.size())) : null;
        if (!BoxCompiler.isKind(streams)) {
            throw arguments.usage("--streams \"" + streams
                    + "\": expected pp, ps, ttt, ttp, tpt, tpp or tps, a letter for each stream");
        }
        if (words == null || !words.fit(streams)) {
            throw arguments.usage(
                    "--streams " + streams
                            + ": expected -- exec or run, a box or --image IMAGE, and options that there are programs for with these streams");
        }
        return words;
    }

    private static @Nullable String compile(String tool, BoxCompiler compiler, List<String> words) {
        return switch (tool) {
            case ToolCompiler.UNSHARE -> UnshareCommand.compile(compiler, words);
            case ToolCompiler.NSENTER -> NsenterCommand.compile(compiler, words);
            default -> NetnsCommand.compile(compiler, words);
        };
    }

    /** Writes a file that does what {@code jbox run} does with the box. */
    private static int writeFile(String box, Arguments arguments, Surroundings surroundings) {
        Path file = Path.of(arguments.value(OUTPUT));
        // Its messages name the places in the configuration, wherever it is then.
        String name = box.indexOf('/') < 0
                ? box
                : Path.of(box).toAbsolutePath().normalize().toString();
        BoxDefinition definition = surroundings.definition(arguments, name);
        byte[] program =
                surroundings.jbox(arguments).standaloneCompiler().compile(definition, about(definition.file()));
        WholeFile.writeExecutable(file, out -> out.write(program));
        return 0;
    }

    /** What the file says of itself: no time and no host, so that it is the same wherever it is made of the same. */
    private static String about(String file) {
        try {
            return "made by " + VersionCommand.text() + " from " + file + " (sha256 "
                    + Sha256.of(Files.readAllBytes(Path.of(file))) + ")\n";
        } catch (IOException e) {
            throw new JboxException(file + ": " + SystemError.of(e));
        }
    }

    /** Null for a box that runs and has no definition of its name: it was started from a file somewhere else. */
    private static @Nullable BoxDefinition definition(
            String box, BoxCompiler compiler, Arguments arguments, Surroundings surroundings) {
        try {
            return surroundings.definition(arguments, box);
        } catch (JboxException e) {
            if (compiler.runs(box)) {
                return null;
            }
            throw e;
        }
    }
}
