package io.jbox.life;

import io.jbox.compile.ToolProgramFile;
import io.jbox.facts.EnterRequest;
import io.jbox.facts.KnownCommand;
import io.jbox.facts.KnownNetwork;
import io.jbox.facts.KnownTarget;
import io.jbox.facts.KnownWord;
import io.jbox.facts.UnshareRequest;
import io.jbox.facts.Validity;
import io.jbox.kernel.Kernel;
import io.jbox.plan.CompiledTool;
import io.jbox.plan.LauncherName;
import io.jbox.state.FileLock;
import io.jbox.state.ProgramFolder;
import java.io.File;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Compiles {@code unshare}, {@code nsenter} and {@code netns exec} with certain options. Only the launcher of a
 * distribution executes such programs: a shell cannot pass an environment on as it is.
 */
public final class ToolCompiler {
    public static final String UNSHARE = CompiledTool.UNSHARE;
    public static final String NSENTER = CompiledTool.NSENTER;
    public static final String NETNS = CompiledTool.NETNS;

    private static final int LONGEST_NAME = 150;
    /** How many programs a tool may have; the least recently used are removed first. */
    private static final int MOST = 32;

    private static final long PAUSE_MILLIS = 5_000;
    private static final long COARSE_MILLIS = 1_000;
    private static final String ETC = "/etc/";
    private static final String ETC_OF_NETWORKS = "/etc/netns/";

    private final Kernel kernel;
    private final ProgramFolder programs;
    private final String launcher;
    private final ProgramValidity validities;

    ToolCompiler(Kernel kernel, ProgramFolder programs, String launcher, ProgramValidity validities) {
        this.kernel = kernel;
        this.programs = programs;
        this.launcher = launcher;
        this.validities = validities;
    }

    /** A tool with the words before the program. */
    public static final class Call {
        private final String tool;
        private final List<String> words;
        private final int target;

        private Call(String tool, List<String> words, int target) {
            this.tool = tool;
            this.words = List.copyOf(words);
            this.target = target;
        }

        /** {@code unshare} with these options. */
        public static Call unshare(List<String> options) {
            return new Call(UNSHARE, options, -1);
        }

        /**
         * {@code nsenter} with these options.
         *
         * @param target the index of the process id among them
         */
        public static Call nsenter(List<String> options, int target) {
            return new Call(NSENTER, options, target);
        }

        /** {@code netns exec} with a name. */
        public static Call netnsExec(String name) {
            return new Call(NETNS, List.of("exec", name), -1);
        }

        private List<KnownWord> known() {
            List<KnownWord> known = KnownWord.of(words);
            if (target >= 0) {
                known.set(target, new KnownWord("", KnownWord.Kind.NUMBER));
            }
            return known;
        }

        private String options(String file) {
            return file.substring(tool.length() + 1);
        }

        /** The name of the file, which the launcher also derives from the words; null if it derives none. */
        private @Nullable String file() {
            List<String> parts = new ArrayList<>(words);
            if (target >= 0) {
                parts.set(target, LauncherName.ANY);
            }
            StringBuilder name = new StringBuilder(tool);
            for (String part : parts) {
                for (int i = 0; i < part.length(); i++) {
                    char letter = part.charAt(i);
                    boolean known = letter < 128 && Character.isLetterOrDigit(letter)
                            || LauncherName.OPTION_LETTERS.indexOf(letter) >= 0;
                    if (!known) {
                        return null;
                    }
                }
                name.append('.').append(part);
            }
            return words.isEmpty() || name.length() > LONGEST_NAME ? null : name.toString();
        }
    }

    /** Whether to compile unshare now. */
    public boolean isWorthIt(Call call, UnshareRequest request) {
        return CompiledTool.isSimple(request) && isWorthIt(call);
    }

    /** Whether to compile a tool now. */
    public boolean isWorthIt(Call call) {
        String file = call.file();
        return file != null
                && ProgramValidity.script(launcher).exists()
                && programs.sinceTried(call.tool, call.options(file)) > PAUSE_MILLIS;
    }

    /**
     * Compiles unshare.
     *
     * @return the file; null if it cannot be compiled
     */
    public @Nullable String compile(Call call, UnshareRequest request) {
        return CompiledTool.isSimple(request)
                ? write(
                        call,
                        () -> CompiledTool.unshare(
                                command(call.words, validities.ofTool(List.of(), List.of(), List.of())),
                                System.getenv("PATH"),
                                request))
                : null;
    }

    /**
     * Compiles nsenter, for any target.
     *
     * @param user the relation between the user namespaces of caller and target
     * @return the file; null if it cannot be compiled
     */
    public @Nullable String compile(Call call, EnterRequest request, KnownTarget user) {
        return write(
                call,
                () -> CompiledTool.nsenter(
                        new KnownCommand(
                                launcher,
                                call.known(),
                                validities.ofTool(List.of(ProgramValidity.BOOT), List.of(), List.of())),
                        System.getenv("PATH"),
                        request,
                        user));
    }

    /**
     * Compiles netns exec.
     *
     * @param networks finds the network; called twice
     * @return the file; null if it cannot be compiled
     */
    public @Nullable String compile(Call call, Supplier<KnownNetwork> networks) {
        return write(call, () -> netnsExec(call, networks));
    }

    private @Nullable CompiledTool netnsExec(Call call, Supplier<KnownNetwork> networks) {
        KnownNetwork network = networks.get();
        File folder = new File(ETC_OF_NETWORKS + network.name());
        List<String> identified = new ArrayList<>();
        List<String> absent = new ArrayList<>();
        if (Files.isSymbolicLink(folder.toPath()) && !folder.exists()) {
            return null;
        }
        (folder.exists() ? identified : absent).add(folder.getPath());
        network.files().forEach(file -> identified.add(ETC + file));
        List<String> words = new ArrayList<>(List.of(call.tool));
        words.addAll(call.words);
        Validity validity = validities.ofTool(List.of(), identified, absent);
        // A folder's modification time has only the resolution of the kernel's tick.
        boolean isOld = System.currentTimeMillis() - folder.lastModified() > COARSE_MILLIS;
        return isOld && networks.get().equals(network)
                ? CompiledTool.netnsExec(command(words, validity), System.getenv("PATH"), network)
                : null;
    }

    private KnownCommand command(List<String> words, Validity validity) {
        return KnownCommand.of(launcher, words, validity);
    }

    private interface Planned {
        /** Returns null if it cannot be compiled at this moment. */
        @Nullable
        CompiledTool tool();
    }

    private @Nullable String write(Call call, Planned planned) {
        String file = call.file();
        if (file == null || !ProgramValidity.script(launcher).exists()) {
            return null;
        }
        try (FileLock lock = programs.lock()) {
            programs.tried(call.tool, call.options(file));
            CompiledTool tool = planned.tool();
            if (tool == null) {
                return null;
            }
            programs.write(file, ToolProgramFile.of(kernel.processor(), tool));
            programs.keepUsed(call.tool + ".", MOST);
            return programs.file(file);
        }
    }
}
