package io.jbox.plan;

import io.jbox.config.Capability;
import io.jbox.config.Config;
import io.jbox.config.Limit;
import io.jbox.config.MountEntry;
import io.jbox.config.Net;
import io.jbox.config.RootfsPath;
import io.jbox.config.Value;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.program.Actor;
import io.jbox.program.Descriptor;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;
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
        List<Label> labels = Label.of(config, facts);
        NetworkSteps network = new NetworkSteps(config.name().get(), config.net(), 0, facts.network());
        Plan.Draft plan = new Plan.Draft(config.name().get());

        List<Step> begin = plan.at(Phase.BEGIN);
        network.bridges(begin);
        RecordSteps records = supervision == null ? null : new RecordSteps(config, facts, supervision);
        if (records != null) {
            records.begin(begin);
        }
        hooks.onHost("pre-start", begin);
        if (needsTemplate(config, facts)) {
            Value<String> template = config.rootfs().template();
            if (template != null) {
                begin.add(rootfs.template(facts, template));
            }
        }

        List<Step> prepare = plan.at(Phase.PREPARE);
        Label.load(config, facts, prepare);
        rootfs.hold(prepare);
        rootfs.folders(facts, prepare);
        dev.openTerminals(launch, prepare);
        rootfs.lock(prepare);
        List<Descriptor> kept = new ArrayList<>(dev.terminalDescriptors(launch));
        kept.addAll(rootfs.openForMapping(prepare));
        kept.addAll(entries.open(prepare));
        process.pipes(prepare);
        if (hooks.any()) {
            kept.addAll(List.of(Descriptors.NULL_DEVICE, Descriptors.LOG));
        }
        UserNetworkSteps userNetwork = new UserNetworkSteps(config, facts);
        userNetwork.open(prepare);
        cgroup.make(prepare);
        kept.addAll(cgroup.tasks());
        if (supervision == null) {
            process.cloneInit(plan.at(Phase.MAKE));
        } else {
            if (mountPoint != null) {
                rootfs.makeMountPoint(mountPoint, prepare);
            }
            MonitorSteps monitor = new MonitorSteps(config, facts, launch, supervision);
            monitor.open(prepare);
            List<Descriptor> passed = new ArrayList<>(kept);
            passed.addAll(cgroup.forClone());
            monitor.make(passed, plan.at(Phase.MAKE), plan.at(Phase.BECOME));
            List<Step> live = plan.at(Phase.LIVE);
            MonitorLife life =
                    new MonitorLife(config, facts, launch, supervision, monitor.kept(passed), monitor.held());
            life.begin(live);
            process.cloneInit(live);
            life.live(live);
        }

        List<Step> connect = plan.at(Phase.CONNECT);
        if (records != null) {
            records.made(connect);
        }
        new IdSteps(config, facts).map(connect);
        rootfs.map(connect);
        entries.map(connect);
        network.connect(supervision, false, connect);
        userNetwork.connect(connect);
        hooks.scriptsUp(facts.network(), connect);
        plan.at(Phase.RELEASE).add(ProcessSteps.release());

        List<Step> init = plan.at(Phase.INIT);
        process.begin(kept, init);
        cgroup.enter(init);
        for (Label label : labels) {
            init.add(label.open(Actor.INIT, label.place(config)));
        }
        credentials.becomeRoot(init);
        process.names(init);
        rootfs.isolate(init);
        rootfs.openNamespaces(init);
        hooks.run("pre-mount", init);
        rootfs.mount(mountPoint, init);
        if (config.autodev().get()) {
            dev.mount(init);
        }
        NetworkSteps.loopback(config, init);
        new KernelFilesystemSteps(config, facts).mount(init);
        userNetwork.resolver(init);
        entries.mount(init);
        NameSteps names = new NameSteps(config, facts);
        names.write(init);
        names.tellSystemd(init);
        hooks.run("mount", init);
        if (config.autodev().get()) {
            hooks.run("autodev", init);
            dev.attachTerminals(launch, init);
        }
        rootfs.seal(init);
        rootfs.enter(init);
        rootfs.lockMounts(init);
        process.session(init);
        credentials.drop(init);
        for (Label label : labels) {
            init.add(label.confine(Actor.INIT, label.place(config)));
        }
        hooks.startHost(init);
        hooks.onHost("start-host", plan.at(Phase.SET_UP));
        hooks.run("start", init);
        new ExecuteSteps(config, launch, facts).execute(init, plan.at(Phase.SUPERVISE), plan.at(Phase.COMMAND));
        if (records != null) {
            records.finish(plan.at(Phase.FINISH));
        }
        return plan.build();
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

    /** What a box begins with of a resource, by its name in lower case, of which jbox has so much. */
    public static Limit limit(Config config, String resource, Limit own) {
        return CredentialSteps.effective(config, resource, own);
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
