package io.jbox.ns;

import io.jbox.config.Namespace;
import io.jbox.facts.Caller;
import io.jbox.facts.EnterRequest;
import io.jbox.facts.KnownNetwork;
import io.jbox.facts.RelayRequest;
import io.jbox.facts.UnshareRequest;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.launch.Launcher;
import io.jbox.plan.Descriptors;
import io.jbox.plan.EnterPlanner;
import io.jbox.plan.NetworkExecPlanner;
import io.jbox.plan.RelayPlanner;
import io.jbox.plan.UnsharePlanner;
import io.jbox.problem.JboxException;
import io.jbox.program.Descriptor;
import io.jbox.program.Plan;
import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A planned call of unshare, nsenter or {@code netns exec}, which can turn this process into the program. */
public final class NamespaceTool {
    private static final String SYS = "/sys";

    private final Kernel kernel = NativeKernel.open();
    private final Plan plan;
    private final Map<Descriptor, Fd> given;
    private final Runnable first;

    /** @param first what is done before the plan, in this thread */
    private NamespaceTool(Caller caller, Plan plan, Map<Descriptor, Fd> opened, Runnable first) {
        this.first = first;
        this.plan = plan;
        this.given = new HashMap<>(opened);
        List<Integer> callers = caller.descriptors();
        if (callers != null) {
            for (int descriptor : callers) {
                given.put(Descriptors.callers(descriptor), Fd.borrowed(kernel, descriptor));
            }
        }
    }

    /** @param arguments as ps shows them */
    public static NamespaceTool unshare(Caller caller, UnshareRequest request, List<String> arguments) {
        if (!request.kept().containsKey(Namespace.MNT)) {
            return new NamespaceTool(
                    caller, new UnsharePlanner(caller, request).plan(arguments, new byte[0]), Map.of(), () -> {});
        }
        MountNamespaceOrder order = new MountNamespaceOrder(NativeKernel.open());
        byte[] processors = order.processors();
        boolean user = request.namespaces().contains(Namespace.USER);
        return new NamespaceTool(
                caller,
                new UnsharePlanner(caller, request).plan(arguments, processors),
                Map.of(),
                () -> order.choose(processors, user));
    }

    /**
     * @param files what is entered
     * @param arguments as ps shows them
     */
    public static NamespaceTool enter(Caller caller, EnterRequest request, EnterFiles files, List<String> arguments) {
        Map<Descriptor, Fd> given = files.given();
        Plan plan = new EnterPlanner(caller, request).plan(arguments, new ArrayList<>(given.keySet()));
        return new NamespaceTool(caller, plan, given, () -> {});
    }

    /**
     * Plans the passing on of connections.
     *
     * @param init the box's first process
     * @param arguments as ps shows them
     */
    public static NamespaceTool relay(Caller caller, RelayRequest request, int init, List<String> arguments) {
        EnterFiles files = new EnterFiles(null);
        if (request.user()) {
            files.namespace(Namespace.USER, "/proc/" + init + "/ns/user");
        }
        files.namespace(Namespace.NET, "/proc/" + init + "/ns/net");
        Map<Descriptor, Fd> given = files.given();
        Plan plan = new RelayPlanner(caller, request).plan(arguments, new ArrayList<>(given.keySet()));
        return new NamespaceTool(caller, plan, given, () -> {});
    }

    /**
     * Plans a program in a named network.
     *
     * @param words the program and its arguments
     * @param arguments as ps shows them
     * @throws JboxException if there is no such network
     */
    public static NamespaceTool inNetwork(
            Caller caller, NamedNetworks networks, String name, List<String> words, List<String> arguments) {
        Map<Descriptor, Fd> given = new HashMap<>();
        NetworkExecPlanner planner = planner(caller, networks, List.of(name), words, given);
        return new NamespaceTool(caller, planner.plan(arguments), given, () -> {});
    }

    /** Plans the same in every named network, one after the other; exit codes are ignored. */
    public static NamespaceTool inEachNetwork(
            Caller caller, NamedNetworks networks, List<String> words, List<String> arguments) {
        Map<Descriptor, Fd> given = new HashMap<>();
        NetworkExecPlanner planner = planner(caller, networks, networks.names(), words, given);
        return new NamespaceTool(caller, planner.planEach(arguments), given, () -> {});
    }

    private static NetworkExecPlanner planner(
            Caller caller, NamedNetworks networks, List<String> names, List<String> words, Map<Descriptor, Fd> given) {
        List<NetworkExecPlanner.NamedNetwork> named = new ArrayList<>();
        for (String name : names) {
            NetworkExecPlanner.NamedNetwork network =
                    new NetworkExecPlanner.NamedNetwork(name, networkFiles(name, true));
            given.put(network.descriptor(), networks.openFile(name, NetworkExecPlanner.BAD_NAME));
            named.add(network);
        }
        return new NetworkExecPlanner(caller, named, hasReadOnlySys(), words);
    }

    /** What a program for a named network is made of. */
    public static KnownNetwork knownNetwork(String name) {
        return new KnownNetwork(name, NamedNetworks.path(name), networkFiles(name, true), hasReadOnlySys());
    }

    private static boolean hasReadOnlySys() {
        return !new File(SYS + "/class").canWrite();
    }

    /**
     * The files of /etc/netns/NAME.
     *
     * @param mountable those that also exist in /etc, or the others
     */
    public static List<String> networkFiles(String name, boolean mountable) {
        String[] files = new File("/etc/netns/" + name).list();
        List<String> found = new ArrayList<>();
        if (files != null) {
            Arrays.sort(files);
            for (String file : files) {
                if (new File("/etc/" + file).exists() == mountable) {
                    found.add(file);
                }
            }
        }
        return found;
    }

    /** The plan as text. */
    public String plan() {
        return plan.text();
    }

    /** Turns this process into the program; returns only on failure. */
    public JboxException become() {
        first.run();
        return new Launcher(kernel).become(plan, given);
    }

    /** Assembles the program and discards it. */
    public void rehearse() {
        new Launcher(kernel).rehearse(plan, given);
    }
}
