package io.jbox.plan;

import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.Caller;
import io.jbox.facts.EnterRequest;
import io.jbox.facts.KnownCommand;
import io.jbox.facts.KnownNetwork;
import io.jbox.facts.KnownTarget;
import io.jbox.facts.UnshareRequest;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Memory;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Sign;
import io.jbox.program.Step;
import io.jbox.uapi.Syscall;
import java.io.File;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Plans a namespace tool with certain options as a program that needs no JVM, for any program with any arguments.
 * Before it has changed anything, it gives up on errors; later it reports them itself.
 */
public final class CompiledTool {
    public static final String UNSHARE = "unshare";
    public static final String NSENTER = "nsenter";
    public static final String NETNS = "netns";

    private static final String DEFAULT_PATH = "/bin:/usr/bin";
    /** Only root has programs; the other properties of the caller are unknown. */
    private static final Caller ROOT = new Caller(0, 0, 0, 0, 0, null, -1, List.of(), List.of());

    private final String name;
    private final KnownCommand command;
    private final @Nullable String path;
    private final GivenProgram program;
    /** Steps that open and check things before anything changes. */
    private final List<Step> opening = new ArrayList<>();

    private final List<Step> live = new ArrayList<>();
    private Words.Follows follows = Words.Follows.COMMAND;
    /** Whether the program is looked up only after the namespaces are entered, where other files may be visible. */
    private boolean inside;

    private CompiledTool(String name, int code, KnownCommand command, @Nullable String path) {
        this.name = name;
        this.command = command;
        this.path = path;
        this.program = new GivenProgram(name, code, path == null ? DEFAULT_PATH : path);
    }

    /**
     * Plans {@code unshare}.
     *
     * @param command its words are those before the program
     * @param path the value of PATH; null where it is not set
     * @param request of root; the program in it is ignored
     */
    public static CompiledTool unshare(KnownCommand command, @Nullable String path, UnshareRequest request) {
        CompiledTool tool = new CompiledTool(UNSHARE, JboxException.CANNOT_EXECUTE, command, path);
        Plan plan = new UnsharePlanner(ROOT, request, tool.program.execute()).plan(List.of(), new byte[0]);
        tool.live.addAll(plan.steps(Phase.LIVE));
        return tool;
    }

    /**
     * Plans {@code nsenter}, for any target.
     *
     * @param command its words are those before the program; one is any process id
     * @param path the value of PATH; null where it is not set
     * @param request of root; the program in it is ignored
     */
    public static CompiledTool nsenter(
            KnownCommand command, @Nullable String path, EnterRequest request, KnownTarget target) {
        CompiledTool tool = new CompiledTool(NSENTER, JboxException.CANNOT_EXECUTE, command, path);
        tool.inside = true;
        tool.opening.add(TargetSteps.open(request, target));
        Plan plan = new EnterPlanner(ROOT, request, tool.program.execute())
                .plan(List.of(), TargetSteps.descriptors(request.folders()));
        tool.live.addAll(plan.steps(Phase.LIVE));
        return tool;
    }

    /**
     * Plans {@code netns exec}.
     *
     * @param command its words are those before the program
     * @param path the value of PATH; null where it is not set
     */
    public static CompiledTool netnsExec(KnownCommand command, @Nullable String path, KnownNetwork network) {
        CompiledTool tool = new CompiledTool(NETNS, ToolSteps.FAILED, command, path);
        tool.follows = Words.Follows.PROGRAM;
        tool.inside = true;
        NetworkExecPlanner.NamedNetwork named = new NetworkExecPlanner.NamedNetwork(network.name(), network.files());
        tool.opening.add(NetworkExecPlanner.open(named, network.file(), network.readOnlySys()));
        Plan plan = new NetworkExecPlanner(ROOT, List.of(named), network.readOnlySys(), List.of())
                .plan(List.of(), tool.program.execute());
        tool.live.addAll(plan.steps(Phase.LIVE));
        return tool;
    }

    /**
     * Whether the calling process can do everything requested alone, and nothing in it depends on facts that may
     * change.
     */
    public static boolean isSimple(UnshareRequest request) {
        UnshareRequest.Ids ids = request.ids();
        UnshareRequest.Mounts mounts = request.mounts();
        UnshareRequest.Child child = request.child();
        return request.kept().isEmpty()
                && ids.users().isEmpty()
                && ids.groups().isEmpty()
                && ids.owner() == null
                && mounts.binfmt() == null
                && mounts.root() == null
                && mounts.folder() == null
                && (child == null || child.deathSignal() == 0 && !child.forward())
                && request.program().uid() == null
                && request.program().gid() == null
                && !request.program().words().isEmpty();
    }

    /**
     * The script that it executes if it gives up. The script gets exactly the caller's words and environment, and does
     * not look for a compiled program of this tool.
     */
    public String script() {
        File bin = new File(command.launcher()).getParentFile();
        return bin.getParent() + "/libexec/" + (name.equals(NETNS) ? "jbox" : name);
    }

    /** The name of the tool, with which its messages begin. */
    public String name() {
        return name;
    }

    /** Checks that everything is unchanged. The caller's state stays as it is: not even a signal is blocked. */
    public List<Step> begin() {
        List<Step> steps = new ArrayList<>();
        Step.Draft step = Step.by(Actor.JBOX, "look at the words", Place.DEFAULT);
        Words.find().forEach(step::add);
        Words.findCallers().forEach(step::add);
        step.call(RT_SIGPROCMASK, flags(SIG_BLOCK), Arg.nothing(), CompiledSteps.MASK, number(8))
                .add(Branch.when(Memory.compare(CompiledSteps.MASK, 0, Long.BYTES), Sign.POSITIVE, Words.changed()));
        for (Syscall id : List.of(GETEUID, GETEGID)) {
            step.add(id, Call.Outcome.MUST_BE_ZERO, null);
        }
        step.add(Scratch.map());
        Words.check(command.words(), follows).forEach(step::add);
        steps.add(step.build());
        Map<String, @Nullable String> variables = new LinkedHashMap<>();
        variables.put("PATH", path);
        Words.variables(variables, steps);
        ValiditySteps.add(command.validity(), steps);
        steps.addAll(opening);
        Step.Draft look = Step.by(Actor.JBOX, "look for the program", Place.DEFAULT);
        (inside ? program.prepare() : program.look()).forEach(look::add);
        steps.add(look.build());
        return steps;
    }

    /** The steps of the tool itself. */
    public List<Step> live() {
        return live;
    }
}
