package io.jbox.life;

import io.jbox.compile.CommandProgram;
import io.jbox.facts.Halt;
import io.jbox.facts.KnownCommand;
import io.jbox.facts.Launch;
import io.jbox.facts.Validity;
import io.jbox.kernel.Kernel;
import io.jbox.plan.CompiledExec;
import io.jbox.plan.CompiledStop;
import io.jbox.plan.NotCompiledException;
import io.jbox.problem.JboxException;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxSpec;
import io.jbox.state.FileLock;
import io.jbox.state.ProgramFolder;
import io.jbox.state.StateFolder;
import io.jbox.uapi.Constants;
import java.io.File;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Compiles commands on a box to programs that need no JVM. A program first checks that everything is as it was when it
 * was compiled, and otherwise leaves the work to jbox.
 */
public final class BoxCompiler {
    private static final String RUN = "run";
    private static final String EXEC = "exec";
    /** How many compiled {@code run} commands of one box can run at once. */
    private static final int MOST_SLOTS = 8;
    /** How many programs with options one command of a box may have; the least recently used are removed first. */
    private static final int MOST_WITH_OPTIONS = 16;
    /** How many attempts to compile are remembered. */
    private static final int MOST_TRIED = 64;

    /** The minimum interval for recompiling a program that has given up because something has changed. */
    private static final long OFTEN_MILLIS = 5_000;
    /** The minimum interval for trying to compile a program that does not exist. */
    private static final long SELDOM_MILLIS = 600_000;

    private final BoxRegistry registry;
    private final Kernel kernel;
    private final StateFolder state;
    private final ProgramFolder programs;
    private final String launcher;
    private final ProgramValidity validities;

    /** @param launcher absolute path of jbox, as it is called */
    public BoxCompiler(BoxRegistry registry, ProgramFolder programs, String launcher) {
        this.registry = registry;
        this.kernel = registry.kernel();
        this.state = registry.state();
        this.programs = programs;
        this.launcher = launcher;
        this.validities = new ProgramValidity(registry, launcher);
    }

    /**
     * What was compiled.
     *
     * @param files that were made
     * @param obstacles why there is none at all for start or run, by the command
     */
    public record Compiled(List<String> files, Map<String, String> obstacles) {}

    /** Returns the compiler for tools that belong to no box. */
    public ToolCompiler tools() {
        return new ToolCompiler(kernel, programs, launcher, validities);
    }

    /** The jbox whose commands are compiled. */
    public String launcher() {
        return launcher;
    }

    /**
     * Notes that a command has been used in a way that a program may be made for.
     *
     * @param streams what its standard descriptors became; none for a start
     * @return how often it is worth a try from now on, in milliseconds; negative if there is never a program
     */
    public long used(String command, String box, List<Launch.Stream> streams) {
        if (streams.isEmpty()) {
            return programs.of(command, box).isEmpty() ? SELDOM_MILLIS : OFTEN_MILLIS;
        }
        StreamKind kind = StreamKind.of(streams);
        if (kind == null) {
            return -1;
        }
        if (!programs.isWanted(command, box, kind.letters())) {
            programs.want(command, box, kind.letters());
            return 0;
        }
        return programs.has(command + "." + box + "." + kind.letters()) ? OFTEN_MILLIS : SELDOM_MILLIS;
    }

    /**
     * Says whether to compile a command with options now.
     *
     * @param usual what its standard descriptors become without options
     * @return the letters of these streams; null if it is not worth a try now, or there is never a program
     */
    public @Nullable String kindToCompile(OptionWords words, List<Launch.Stream> usual) {
        StreamKind kind = StreamKind.of(usual);
        if (kind == null || !words.fit(kind.letters())) {
            return null;
        }
        String what = words.box() + "." + kind.letters() + words.suffix();
        long pause = programs.has(words.command() + "." + what) ? OFTEN_MILLIS : SELDOM_MILLIS;
        return programs.sinceTried(words.command(), what) < pause ? null : kind.letters();
    }

    /** Whether there can be a program for standard descriptors with these letters. */
    public static boolean isKind(String letters) {
        return StreamKind.of(letters) != null;
    }

    /**
     * Compiles one command with options.
     *
     * @param letters what its standard descriptors are
     * @param definition of the box, for run
     * @return the files, and why there is none
     */
    public Compiled compile(OptionWords words, String letters, @Nullable BoxDefinition definition) {
        StreamKind kind = StreamKind.of(letters);
        if (kind == null) {
            throw new IllegalArgumentException(letters);
        }
        String command = words.command();
        List<String> made = new ArrayList<>();
        Map<String, String> obstacles = new LinkedHashMap<>();
        try (FileLock lock = programs.lock()) {
            state.makeRoot();
            programs.tried(command, words.box() + "." + letters + words.suffix());
            programs.keepUsed(programs.triedWithOptions(command, words.box()), MOST_TRIED);
            if (command.equals(EXEC)) {
                exec(words, kind, made);
            } else if (definition != null) {
                run(words, kind, definition, made);
            }
            programs.keepUsed(programs.withOptions(command, words.box()), MOST_WITH_OPTIONS);
        } catch (NotCompiledException e) {
            obstacles.put(command, String.valueOf(e.getMessage()));
        }
        return new Compiled(made, obstacles);
    }

    /** Removes all programs of a box. */
    public void forget(String box) {
        for (int slot = 0; slot <= MOST_SLOTS; slot++) {
            programs.forgetWanted(RUN, box, String.valueOf(slot));
        }
        for (StreamKind kind : StreamKind.values()) {
            programs.forgetWanted(RUN, box, kind.letters());
            programs.forgetWanted(EXEC, box, kind.letters());
        }
        for (String command : List.of("start", RUN, EXEC, "stop")) {
            programs.of(command, box).forEach(programs::remove);
            programs.triedWithOptions(command, box).forEach(programs::remove);
            programs.forgetTried(command, box);
        }
    }

    /** How long ago a command was compiled for a box, or could not be, in milliseconds; very long if never. */
    public long sinceTried(String command, String box) {
        return programs.sinceTried(command, box);
    }

    /** Whether a box has been started and not yet ended. */
    public boolean runs(String box) {
        return registry.settler().read(box) != null;
    }

    /**
     * Compiles every command that can be compiled.
     *
     * @param definition of the box, for its start; null for none
     * @param all also commands that have not been used yet
     * @throws JboxException if the box is not known
     */
    public Compiled compile(String box, @Nullable BoxDefinition definition, boolean all) {
        try (FileLock lock = programs.lock()) {
            return compileAlone(box, definition, all);
        }
    }

    private Compiled compileAlone(String box, @Nullable BoxDefinition definition, boolean all) {
        List<String> made = new ArrayList<>();
        Map<String, String> obstacles = new LinkedHashMap<>();
        // Programs check what is in this folder, and no earlier command may have made it.
        state.makeRoot();
        // Noted first, so that a start that cannot be compiled is not tried each time.
        programs.tried("start", box);
        if (definition != null) {
            try {
                byte[] start = new StartCompiler(registry, launcher).compile(definition, validities);
                write("start." + box + ".s", start, made);
            } catch (NotCompiledException e) {
                obstacles.put("start", String.valueOf(e.getMessage()));
            }
        }
        programs.tried(RUN, box);
        programs.tried(EXEC, box);
        for (StreamKind kind : StreamKind.values()) {
            boolean usual = all && StreamKind.USUAL.contains(kind);
            if (definition != null && (usual || programs.isWanted(RUN, box, kind.letters()))) {
                try {
                    run(OptionWords.of(RUN, box), kind, definition, made);
                } catch (NotCompiledException e) {
                    obstacles.put(RUN, String.valueOf(e.getMessage()));
                }
            }
            if (runs(box) && (usual || programs.isWanted(EXEC, box, kind.letters()))) {
                exec(OptionWords.of(EXEC, box), kind, made);
            }
        }
        if (runs(box)) {
            stop(box, made);
        }
        for (String file : made) {
            obstacles.remove(new File(file).getName().replaceFirst("\\..*", ""));
        }
        return new Compiled(made, obstacles);
    }

    /** Compiles one slot, and as many more as were wanted while the others were in use. */
    private void run(OptionWords words, StreamKind kind, BoxDefinition definition, List<String> made)
            throws NotCompiledException {
        String box = words.box();
        for (int slot = 0; slot < MOST_SLOTS; slot++) {
            String following = String.valueOf(slot + 1);
            String next = programs.file(run(words, kind, slot + 1));
            String wanted = programs.wanted(RUN, box, following);
            byte[] program = new RunCompiler(registry, launcher)
                    .compile(definition, slot, words, kind.streams(), next, wanted, validities);
            write(run(words, kind, slot), program, made);
            if (!programs.isWanted(RUN, box, following)) {
                return;
            }
        }
    }

    private static String run(OptionWords words, StreamKind kind, int slot) {
        return RUN + "." + words.box() + "." + kind.letters() + (slot == 0 ? "" : slot) + words.suffix();
    }

    /** Only for a box whose monitor alone can do everything that follows its end. */
    private void stop(String box, List<String> made) {
        // Read first: if the box is restarted meanwhile, the program does not match it.
        Validity validity =
                validities.ofRunning(running(box), List.of(state.root() + "/.nics/" + box, state.of(box) + "/ns"));
        BoxRecord record = running(box);
        BoxSpec spec = record.spec();
        boolean owes = spec.ending().ephemeral()
                || spec.ending().foreground()
                || !spec.hooks().commands().isEmpty();
        List<String> interfaces = new ArrayList<>(List.of("lo"));
        for (BoxSpec.Nic nic : spec.nics()) {
            owes |= nic.type().equals("phys")
                    || !nic.scriptDown().isEmpty()
                    || !nic.pairAddress().isEmpty();
            interfaces.add(nic.name());
        }
        if (owes) {
            return;
        }
        boolean ownNetwork = spec.isolation().namespaces().contains("net");
        BoxSpec.Ending ending = spec.ending();
        Halt halt = new Halt(box, ending.halt(), ending.haltSeconds());
        // Otherwise each stop must find out which signal the box's init understands.
        boolean halts = ending.halt() != 0 && ending.stop() == Constants.SIGKILL;
        for (String kind : halts ? List.of("k", "h") : List.of("k")) {
            boolean kills = kind.equals("k");
            CompiledStop stop = new CompiledStop(
                    box,
                    state.of(box),
                    kills ? null : halt,
                    ownNetwork ? interfaces : List.of(),
                    Stopper.waitsForVeths(record),
                    KnownCommand.of(launcher, kills ? List.of("stop", "-k", box) : List.of("stop", box), validity));
            write("stop." + box + "." + kind, CommandProgram.of(kernel, stop), made);
        }
    }

    private BoxRecord running(String box) {
        BoxRecord record = registry.settler().read(box);
        if (record == null) {
            throw registry.isNotRunning(box);
        }
        return record;
    }

    private void exec(OptionWords words, StreamKind kind, List<String> made) {
        String box = words.box();
        Validity validity = validities.ofRunning(running(box), List.of());
        Executor.Known known = new Executor(registry).known(words, kind.streams());
        for (Map.Entry<String, byte[]> file : known.box().files().entrySet()) {
            ProgramValidity.comparable(file.getKey(), file.getValue());
        }
        CompiledExec exec = new CompiledExec(
                known.join(),
                known.facts(),
                known.box(),
                known.terminal(),
                Collections.singletonMap("TERM", System.getenv("TERM")),
                new KnownCommand(launcher, words.known(), validity));
        write(EXEC + "." + box + "." + kind.letters() + words.suffix(), CommandProgram.of(kernel, exec), made);
    }

    private void write(String name, byte[] program, List<String> made) {
        programs.write(name, program);
        made.add(programs.file(name));
    }
}
