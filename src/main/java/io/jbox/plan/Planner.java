package io.jbox.plan;

import io.jbox.config.Capability;
import io.jbox.config.Config;
import io.jbox.config.Limit;
import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Label;
import io.jbox.facts.Launch;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.program.Actor;
import io.jbox.program.Descriptor;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * Plans a launch, {@code Config + HostFacts → Plan}; reads top to bottom in the order of the launch.
 *
 * <p>Pure: the same input gives the same plan, and the host is not accessed here.
 */
public final class Planner {
    /** Bytes; with less the kernel kills a static busybox while it executes it (measured with Linux 6.18, x86-64). */
    private static final long LEAST_ADDRESS_SPACE = 2_500_000;

    private final Config loaded;
    private final Config config;
    private final HostFacts facts;
    private final Launch launch;

    public Planner(Config config, HostFacts facts, Launch launch) {
        this.loaded = config;
        this.config = config.withIds(facts.ids());
        this.facts = facts;
        this.launch = launch;
    }

    /** @throws JboxException if the configuration asks for what jbox cannot do, with all the places */
    public Plan plan() {
        refuseWhatIsNotThere();
        RootfsSteps rootfs = new RootfsSteps(config, facts);
        OverlaySteps overlay = new OverlaySteps(config, facts);
        MountLockSteps mountLock = new MountLockSteps(config, facts);
        DevSteps dev = new DevSteps(config, facts);
        ProcessSteps process = new ProcessSteps(config, launch, facts);
        CloneSteps clone = new CloneSteps(config, launch, facts);
        CredentialSteps credentials = new CredentialSteps(config, facts);
        HookSteps hooks = new HookSteps(config, launch, facts);
        CgroupSteps cgroup = new CgroupSteps(config, launch, facts);
        EntrySteps entries = new EntrySteps(config, facts);
        Launch.Supervision supervision = launch.supervision();
        String mountPoint = supervision != null && HookSteps.needRootfsPath(config) ? supervision.rootfsMount() : null;
        List<Label> labels = LabelSteps.of(config, facts);
        NetworkSteps network = new NetworkSteps(config.name().get(), config.net(), 0, facts.network());
        Plan.Draft plan = new Plan.Draft(config.name().get());

        new ClaimSteps(loaded, facts).add(plan.at(Phase.CLAIM));
        List<Step> begin = plan.at(Phase.BEGIN);
        network.bridges(begin);
        RecordSteps records = supervision == null ? null : new RecordSteps(config, facts, supervision);
        if (supervision != null && records != null) {
            records.begin(begin);
            new DeveloperSteps(config, facts).makeFolders(supervision, begin);
        }
        hooks.onHost("pre-start", begin);
        if (Grants.needsTemplate(config, facts)) {
            Config.Template template = config.rootfs().template();
            if (template != null) {
                begin.add(rootfs.template(facts, template));
            }
        }

        List<Step> prepare = plan.at(Phase.PREPARE);
        LabelSteps.load(config, facts, prepare);
        new OwnershipSteps(config, facts).hold(prepare);
        overlay.makeFolders(prepare);
        dev.openTerminals(launch, prepare);
        overlay.lock(prepare);
        List<Descriptor> kept = new ArrayList<>(dev.terminalDescriptors(launch));
        kept.addAll(rootfs.openForMapping(prepare));
        kept.addAll(entries.open(prepare));
        process.pipes(prepare);
        if (hooks.any()) {
            kept.addAll(List.of(Descriptors.NULL_DEVICE, Descriptors.LOG));
        }
        UserNetworkSteps userNetwork = new UserNetworkSteps(config, facts);
        TieSteps.open(config, prepare);
        cgroup.make(prepare);
        kept.addAll(cgroup.tasks());
        if (supervision == null) {
            clone.init(plan.at(Phase.MAKE));
            if (launch.command() != null) {
                plan.at(Phase.ASSEMBLE).add(ProcessSteps.assemble("small init", Actor.PID_1, Descriptors.IMAGE));
            }
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
            clone.init(live);
            life.live(live);
            plan.at(Phase.ASSEMBLE)
                    .addAll(List.of(
                            ProcessSteps.assemble("first process", Actor.INIT, Descriptors.INIT_PROGRAM),
                            ProcessSteps.assemble("monitor", Actor.MONITOR, Descriptors.IMAGE)));
        }

        process.hear(plan);
        List<Step> connect = plan.at(Phase.CONNECT);
        if (records != null) {
            records.made(connect);
        }
        new IdSteps(config, facts).map(connect);
        rootfs.map(connect);
        entries.map(connect);
        network.connect(supervision, false, connect);
        userNetwork.connect(connect);
        new PortSteps(config).connect(supervision, connect);
        hooks.scriptsUp(facts.network(), connect);
        plan.at(Phase.RELEASE).add(ProcessSteps.release());

        List<Step> init = plan.at(Phase.INIT);
        process.begin(kept, init);
        cgroup.enter(init);
        for (Label label : labels) {
            init.add(LabelSteps.open(label, Actor.INIT, label.place(config)));
        }
        credentials.becomeRoot(init);
        process.names(init);
        rootfs.isolate(init);
        mountLock.openProc(init);
        hooks.run("pre-mount", init);
        rootfs.mount(mountPoint, init);
        if (config.mount().autodev().get()) {
            dev.mount(init);
        }
        NetworkSteps.loopback(config, init);
        new KernelFilesystemSteps(config, facts).mount(init);
        userNetwork.resolver(init);
        new DeveloperSteps(config, facts).welcome(init);
        entries.mount(init);
        NameSteps names = new NameSteps(config, facts);
        names.write(init);
        names.tellSystemd(init);
        hooks.run("mount", init);
        if (config.mount().autodev().get()) {
            hooks.run("autodev", init);
            dev.attachTerminals(launch, init);
        }
        rootfs.seal(init);
        rootfs.enter(init);
        mountLock.lock(init);
        process.session(init);
        credentials.drop(init);
        for (Label label : labels) {
            init.add(LabelSteps.confine(label, Actor.INIT, label.place(config)));
        }
        hooks.startHost(init);
        hooks.onHost("start-host", plan.at(Phase.SET_UP));
        if (!plan.at(Phase.SET_UP).isEmpty()) {
            plan.at(Phase.AWAIT_SET_UP).add(ProcessSteps.awaitSetUp());
            plan.at(Phase.RESUME).addAll(ProcessSteps.resume(Descriptors.MADE));
        }
        hooks.run("start", init);
        new ExecuteSteps(config, launch, facts).execute(init, plan.at(Phase.SUPERVISE), plan.at(Phase.COMMAND));
        plan.at(Phase.AWAIT_EXECUTION).add(ProcessSteps.awaitExecution("the first process"));
        if (records != null) {
            records.finish(plan.at(Phase.FINISH));
        }
        if (launch.command() != null) {
            plan.at(Phase.ATTEND).addAll(ForegroundSteps.of(launch.streams()));
            ForegroundSteps.end(config, facts, plan.at(Phase.END));
        }
        return plan.build();
    }

    /** The configuration, with values that it leaves to the host filled in. */
    public Config config() {
        return config;
    }

    /** The capabilities as a mask. */
    public long capabilities() {
        long mask = 0;
        for (Capability capability : Grants.capabilities(config, facts)) {
            mask |= capability.bit();
        }
        return mask;
    }

    private static boolean runs(String processor, String arch) {
        return switch (arch) {
            case "x86_64", "amd64", "x86", "i686" -> processor.equals("x86_64");
            default -> processor.equals("aarch64");
        };
    }

    private void refuseWhatIsNotThere() {
        List<Problem> problems = new ArrayList<>();
        Value<String> arch = config.init().arch();
        if (arch != null && !runs(facts.processor(), arch.get())) {
            problems.add(new Problem(
                    "arch: this host is " + facts.processor() + " and does not run " + arch.get(), arch.place()));
        }
        new NetworkCheck(config, facts.network(), problems).check();
        if (facts.isOrdinary()) {
            problems.addAll(Grants.rootOnly(config));
        }
        new OwnershipSteps(config, facts).refuseShift(problems);
        LabelSteps.refuseWhatIsNotThere(config, facts, problems);
        if (IdSteps.deniesSetgroups(config, facts) && !config.init().groups().isEmpty()) {
            problems.add(new Problem(
                    "init.groups: groups cannot be set if only one group is mapped",
                    config.init().groups().get(0).place(),
                    "/etc/subgid gives a user more groups"));
        }
        Value<Limit> addressSpace = config.resources().prlimit().get("as");
        if (addressSpace != null
                && addressSpace.get().soft() != Limit.UNLIMITED
                && addressSpace.get().soft() < LEAST_ADDRESS_SPACE) {
            problems.add(new Problem(
                    "prlimit.as: the limit is too low to start",
                    addressSpace.place(),
                    "in bytes; the minimum for a static busybox is 2500000"));
        }
        for (Net net : config.net()) {
            if (net.is(NetType.PHYS) && launch.supervision() == null) {
                problems.add(new Problem(
                        "net: type phys does not work with run: nothing would give the interface back",
                        net.type().place(),
                        "jbox start"));
            }
        }
        if (!problems.isEmpty()) {
            throw new JboxException(problems, JboxException.FAILED);
        }
    }
}
