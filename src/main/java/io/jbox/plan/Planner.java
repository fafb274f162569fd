package io.jbox.plan;

import io.jbox.config.Capability;
import io.jbox.config.Config;
import io.jbox.config.MountEntry;
import io.jbox.config.Net;
import io.jbox.config.RootfsPath;
import io.jbox.config.Value;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * {@code Config + HostFacts → Plan}: the whole launch, readable top to bottom.
 *
 * <p>Pure: the same input gives the same plan, and nothing of the host is looked at here.
 */
public final class Planner {
    private final Config config;
    private final HostFacts facts;
    private final Launch launch;

    public Planner(Config config, HostFacts facts, Launch launch) {
        this.config = config.withIds(facts.ids());
        this.facts = facts;
        this.launch = launch;
    }

    /**
     * @throws JboxException if the configuration asks for what jbox cannot do, with all the places
     */
    public Plan plan() {
        refuseWhatIsNotThere();
        RootfsSteps rootfs = new RootfsSteps(config, facts);
        DevSteps dev = new DevSteps(config, facts);
        ProcessSteps process = new ProcessSteps(config, launch, facts);
        CredentialSteps credentials = new CredentialSteps(config, facts);
        HookSteps hooks = new HookSteps(config, launch, facts);
        CgroupSteps cgroup = new CgroupSteps(config, launch, facts);
        EntrySteps entries = new EntrySteps(config, facts);
        Launch.Supervision supervision = launch.supervision();
        String mountPoint = supervision != null && HookSteps.needRootfsPath(config) ? supervision.rootfsMount() : null;
        List<Step> steps = new ArrayList<>();
        List<Label> labels = Label.of(config, facts);
        NetworkSteps network = new NetworkSteps(config.name().get(), config.net(), 0, facts.network());

        hooks.onHost("pre-start", steps);
        network.bridges(steps);
        if (needsTemplate(config, facts)) {
            Value<String> template = config.rootfs().template();
            if (template != null) {
                steps.add(rootfs.template(facts, template));
            }
        }
        rootfs.shift(steps);
        rootfs.folders(facts, steps);
        dev.openTerminals(launch, steps);
        rootfs.lock(steps);
        List<Descriptor> kept = new ArrayList<>(dev.terminalDescriptors(launch));
        kept.addAll(rootfs.openForMapping(steps));
        kept.addAll(entries.open(steps));
        process.pipes(steps);
        if (hooks.any()) {
            kept.addAll(List.of(Descriptors.NULL_DEVICE, Descriptors.LOG));
        }
        UserNetworkSteps userNetwork = new UserNetworkSteps(config, facts);
        userNetwork.open(steps);
        cgroup.make(steps);
        if (supervision != null) {
            if (mountPoint != null) {
                rootfs.makeMountPoint(mountPoint, steps);
            }
            MonitorSteps monitor = new MonitorSteps(config, facts, launch, supervision);
            monitor.open(steps);
            List<Descriptor> passed = new ArrayList<>(kept);
            passed.addAll(cgroup.forClone());
            monitor.cloneMonitor(passed, steps);
        }
        process.cloneInit(steps);
        cgroup.enter(steps);
        new IdSteps(config, facts).map(steps);
        rootfs.map(steps);
        entries.map(steps);
        network.connect(supervision, false, steps);
        userNetwork.connect(steps);
        hooks.scriptsUp(facts.network(), steps);
        process.release(steps);

        process.begin(kept, steps);
        for (Label label : labels) {
            steps.add(label.open(Actor.INIT, label.place(config)));
        }
        credentials.becomeRoot(steps);
        process.names(steps);
        rootfs.isolate(steps);
        rootfs.openNamespaces(steps);
        hooks.run("pre-mount", steps);
        rootfs.mount(mountPoint, steps);
        if (config.autodev().get()) {
            dev.mount(steps);
        }
        NetworkSteps.loopback(config, steps);
        new KernelFilesystemSteps(config, facts).mount(steps);
        userNetwork.resolver(steps);
        entries.mount(steps);
        NameSteps names = new NameSteps(config, facts);
        names.write(steps);
        names.tellSystemd(steps);
        hooks.run("mount", steps);
        if (config.autodev().get()) {
            hooks.run("autodev", steps);
            dev.attachTerminals(launch, steps);
        }
        rootfs.seal(steps);
        rootfs.enter(steps);
        rootfs.lockMounts(steps);
        process.session(steps);
        credentials.drop(steps);
        for (Label label : labels) {
            steps.add(label.confine(Actor.INIT, label.place(config)));
        }
        hooks.startHost(steps);
        hooks.run("start", steps);
        new ExecuteSteps(config, launch, facts).execute(steps);
        return new Plan(config.name().get(), List.copyOf(steps));
    }

    /** Whether the root file system is still to be made. */
    public static boolean needsTemplate(Config config, HostFacts facts) {
        RootfsPath path = config.rootfs().path().get();
        return config.rootfs().template() != null
                && !facts.exists(path.isOverlay() ? path.lowers().get(0) : path.path());
    }

    /** The capabilities that the box's programs can have. */
    public static Set<Capability> capabilities(Config config, HostFacts facts) {
        return new CredentialSteps(config, facts).kept();
    }

    /** The folders of the box's cgroups, what is in another before that. */
    public static List<String> cgroups(Config config, HostFacts facts) {
        return CgroupSteps.folders(config, facts);
    }

    /** The configuration with what it leaves to the host. */
    public Config config() {
        return config;
    }

    /** The same as a mask. */
    public long capabilities() {
        long mask = 0;
        for (Capability capability : capabilities(config, facts)) {
            mask |= capability.bit();
        }
        return mask;
    }

    /** What of a configuration only root can start. */
    public static List<Problem> rootOnly(Config config) {
        List<Problem> problems = new ArrayList<>();
        if (!config.hasUserNamespace()) {
            problems.add(new Problem(
                    "idmap: none: the host's root is only root's to be",
                    config.idmap().get(0).place(),
                    "idmap: auto; or sudo jbox ..."));
        }
        for (Value<String> option : config.rootfs().options()) {
            if (option.get().equals("shift")) {
                problems.add(new Problem(
                        "rootfs.options: shift: only root gives files away",
                        option.place(),
                        "the files of who starts a box are those of its root anyway"));
            }
        }
        for (Net net : config.net()) {
            if (net.isLink()) {
                problems.add(new Problem(
                        "net: type " + net.type().get() + ": interfaces of the host are root's to make and to move",
                        net.type().place(),
                        "type: user has outgoing connections; or sudo jbox ..."));
            }
        }
        for (Net net : config.net()) {
            if (net.is("user") && !UserNetworkSteps.canBeCarried(config)) {
                problems.add(new Problem(
                        "net: type user: with your own group as the box's root's, and another user, nobody may carry it",
                        net.type().place(),
                        "idmap: u 0 UID 1 with your own, or a range of groups of /etc/subgid"));
            }
        }
        for (Value<MountEntry> entry : config.mount().entries()) {
            if (entry.get().has("idmap=container")) {
                problems.add(new Problem(
                        "mount.entry: idmap=container: owners are only root's to map",
                        entry.place(),
                        "the files of who starts a box are those of its root anyway"));
            }
        }
        return problems;
    }

    private static boolean runs(String processor, String arch) {
        return switch (arch) {
            case "x86_64", "amd64", "x86", "i686" -> processor.equals("x86_64");
            default -> processor.equals("aarch64");
        };
    }

    private void refuseWhatIsNotThere() {
        List<Problem> problems = new ArrayList<>();
        Value<String> arch = config.arch();
        if (arch != null && !runs(facts.processor(), arch.get())) {
            problems.add(new Problem(
                    "arch: this host is " + facts.processor() + " and does not run " + arch.get(), arch.place()));
        }
        new NetworkCheck(config, facts.network(), problems).check();
        if (facts.isOrdinary()) {
            problems.addAll(rootOnly(config));
        }
        new RootfsSteps(config, facts).refuseShift(problems);
        Label.refuseWhatIsNotThere(config, facts, problems);
        if (IdSteps.deniesSetgroups(config, facts) && !config.init().groups().isEmpty()) {
            problems.add(new Problem(
                    "init.groups: nobody may set groups where only one is mapped",
                    config.init().groups().get(0).place(),
                    "/etc/subgid gives a user more"));
        }
        for (Net net : config.net()) {
            if (net.is("phys") && launch.supervision() == null) {
                problems.add(new Problem(
                        "net: type phys: run has nobody who brings the interface back",
                        net.type().place(),
                        "jbox start"));
            }
        }
        if (!problems.isEmpty()) {
            throw new JboxException(problems, JboxException.FAILED);
        }
    }
}
