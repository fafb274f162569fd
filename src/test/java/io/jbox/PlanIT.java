package io.jbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.cgroup.CgroupMounts;
import io.jbox.config.BoxFolders;
import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.Namespace;
import io.jbox.facts.Caller;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Launch;
import io.jbox.facts.NetworkFacts;
import io.jbox.facts.NetworkFolders;
import io.jbox.facts.ToolProgram;
import io.jbox.facts.UnshareRequest;
import io.jbox.host.HostFactsReader;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.plan.Planner;
import io.jbox.plan.TraceWalk;
import io.jbox.plan.Unplanned;
import io.jbox.plan.UnsharePlanner;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import io.jbox.request.ExecRequest;
import io.jbox.request.Settings;
import io.jbox.schema.ConfigLoader;
import io.jbox.schema.DevSource;
import io.jbox.schema.ImageSource;
import io.jbox.testhost.Boxes;
import io.jbox.testhost.Originals;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.Wires;
import io.jbox.uapi.Flag;
import io.jbox.uapi.Syscall;
import io.jbox.yaml.DocumentCache;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code jbox plan} prints is what the processes of a box do, as strace(1) sees them. */
class PlanIT {
    private static final Path TRACES = Path.of("/run/traces");
    private static final String HOME = "/run/home";
    private static final Map<String, String> FOLDERS =
            Map.of("HOME", HOME, "XDG_RUNTIME_DIR", HOME + "/run", "JBOX_ARCHIVE", "off");

    /**
     * Walks jbox's own part of a plan. What it calls besides makes nothing of the box: that is the plan's.
     *
     * @return how many calls were the plan's
     */
    private static int walkOwnPart(List<String> trace, Plan plan) {
        List<String> others = new ArrayList<>();
        int calls = new TraceWalk(trace).among(others).walk(ownPart(plan));
        Unplanned unplanned = new Unplanned(plan);
        for (String other : others) {
            assertThat(unplanned.allows(other)).as("not in the plan: " + other).isTrue();
        }
        return calls - others.size();
    }

    @BeforeAll
    static void host() {
        TestHost.require();
    }

    @AfterEach
    void nothingIsLeft() {
        for (String name : TestHost.jbox("ls", "--active", "-1").out().split("\\s+")) {
            TestHost.jbox("stop", "-k", name);
        }
        TestHost.jbox("net", "down");
        Wires.sh("cd /var/lib/jbox && rm -rf /run/traces overlay pair-left pair-right router");
        TestHost.run(List.of("ip", "link", "del", "lan0"), Map.of());
        TestHost.run(List.of("ip", "link", "del", "nic0"), Map.of());
        Boxes.await("leftovers " + Boxes.leftovers(), () -> Boxes.leftovers().isEmpty());
    }

    private static Config config(String name) {
        return new ConfigLoader(
                        new DocumentCache(null), new BoxFolders("/var/lib/jbox"), ImageSource.NONE, DevSource.NOBODY)
                .load("examples/configs/" + name + ".yaml", overrides(name));
    }

    /** There is no Debian here: systemd's part of the plan does not need one. */
    private static List<String> overrides(String name) {
        return name.equals("debian") ? List.of("rootfs={path: box:bbox}") : List.of();
    }

    /** The words that start an example. */
    private static String[] start(String name) {
        List<String> words = new ArrayList<>(List.of("start", name));
        for (String override : overrides(name)) {
            words.add("-s");
            words.add(override);
        }
        return words.toArray(String[]::new);
    }

    private static Process traced(String... words) throws IOException {
        return TestHost.builder(strace(List.of(), words)).start();
    }

    private static List<String> strace(List<String> options, String... words) {
        Wires.sh("rm -rf /run/traces; mkdir /run/traces");
        List<String> command = new ArrayList<>(List.of("strace", "-ff", "-i", "-s", "4096", "-o", TRACES + "/t"));
        command.addAll(options);
        command.add("bin/jbox");
        command.addAll(List.of(words));
        return command;
    }

    private static List<String> trace(String process) throws IOException {
        return calls(TRACES.resolve("t." + process), "");
    }

    /**
     * What a thread has called.
     *
     * @param address of the instruction behind the call, as strace -i shows it; empty for any
     */
    private static List<String> calls(Path file, String address) throws IOException {
        List<String> calls = new ArrayList<>();
        for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
            if (line.startsWith(address)) {
                calls.add(line.replaceFirst("^\\[[0-9a-f?]+\\] ", ""));
            }
        }
        return calls;
    }

    /** The trace of the process that has made a call. */
    private static List<String> traceWith(String start, String text) throws IOException {
        try (Stream<Path> files = Files.list(TRACES)) {
            for (Path file : files.toList()) {
                List<String> lines = calls(file, "");
                boolean there = lines.stream().anyMatch(line -> line.startsWith(text));
                if (!lines.isEmpty() && lines.get(0).startsWith(start) && there) {
                    return lines;
                }
            }
        }
        throw new AssertionError("no process has made " + text);
    }

    private static List<Step> steps(Plan plan, Phase... phases) {
        List<Step> steps = new ArrayList<>();
        for (Phase phase : phases) {
            steps.addAll(plan.steps(phase));
        }
        return steps;
    }

    /** What jbox itself does. */
    private static List<Step> ownPart(Plan plan) {
        return steps(
                plan,
                Phase.BEGIN,
                Phase.PREPARE,
                Phase.MAKE,
                Phase.LEAVE,
                Phase.HEAR,
                Phase.HOLD,
                Phase.CONNECT,
                Phase.RELEASE,
                Phase.AWAIT_SET_UP,
                Phase.SET_UP,
                Phase.RESUME,
                Phase.AWAIT_EXECUTION,
                Phase.FINISH);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bbox",
                "bbox-empty",
                "bbox-static",
                "bbox-phys",
                "readonly",
                "overlay",
                "pair-left",
                "pair-right",
                "router",
                "debian"
            })
    void monitorAndFirstProcessDoWhatThePlanOfAStartSays(String name) throws IOException, InterruptedException {
        // dnsmasq stays, and strace would wait for it.
        Boxes.jbox("net", "up");
        if (name.equals("bbox-phys")) {
            Wires.makeNic();
        }
        if (name.equals("router")) {
            Wires.sh("ip link add lan0 type bridge && ip link set lan0 up");
        }
        // Its root file system is there, and its addresses are chosen.
        Boxes.jbox(start(name));
        Boxes.jbox("stop", "-k", name);
        Config config = config(name);
        Plan plan = new Jbox(
                        message -> {},
                        Settings.ofRoot(Path.of("").toAbsolutePath().toString()))
                .plan(config);

        Process strace = traced(start(name));
        Boxes.await(
                name + " runs",
                () -> TestHost.jbox("ls", "--running", "-1").out().contains(name));
        String init = Boxes.jbox("pid", name).out().strip();
        String monitor =
                Wires.sh("awk '/^PPid/ {print $2}' /proc/" + init + "/status").strip();
        Boxes.jbox("stop", "-k", name);
        strace.waitFor();

        int calls = new TraceWalk(trace(init)).walk(plan.steps(Phase.INIT));
        assertThat(calls).isGreaterThan(100);
        List<String> lines = trace(monitor);
        assertThat(new TraceWalk(lines).walk(steps(plan, Phase.BECOME, Phase.LIVE)))
                .isGreaterThan(60);
        if (!name.equals("bbox-phys")) {
            // Nothing is to be done for the box any more: else it would have become the reaper.
            assertThat(lines.get(lines.size() - 1)).isEqualTo("+++ exited with 0 +++");
        }
        List<String> jbox = traceThat("clone3({flags=CLONE_VM|CLONE_PIDFD|CLONE_PARENT_SETTID");
        assertThat(walkOwnPart(jbox, plan)).isGreaterThan(40);
    }

    /** strace(1) stays root, so that newuidmap(1) has its set-user-ID bit. */
    @Test
    void theProcessesOfAUsersBoxDoWhatThePlanSays() throws IOException, InterruptedException {
        Originals.makeUser();
        // One of the host's own addresses is kept from the box.
        Wires.sh("ip addr add 192.0.2.9/32 dev lo");
        Wires.sh("mkdir -p " + HOME + "/run; chown -R 4242:4242 " + HOME + "; chmod 700 " + HOME + "; mknod -m 666"
                + " /run/tun c 10 200; mount --bind /run/tun /dev/net/tun");
        try {
            // Its root file system is there.
            user("start", "bbox-user");
            user("stop", "-k", "bbox-user");
            String name = System.setProperty("user.name", "tester");
            Plan plan = planOfUser("bbox-user");
            System.setProperty("user.name", name);
            ProcessBuilder start = TestHost.builder(strace(List.of("-u", "tester"), "start", "bbox-user"));
            start.environment().putAll(FOLDERS);
            Process strace = start.start();
            Boxes.await("it runs", () -> user("ls", "--running", "-1").out().contains("bbox-user"));
            String init = user("pid", "bbox-user").out().strip();
            String monitor = Wires.sh("awk '/^PPid/ {print $2}' /proc/" + init + "/status")
                    .strip();
            user("stop", "-k", "bbox-user");
            strace.waitFor();

            assertThat(new TraceWalk(trace(init)).walk(plan.steps(Phase.INIT))).isGreaterThan(100);
            assertThat(new TraceWalk(trace(monitor)).walk(steps(plan, Phase.BECOME, Phase.LIVE)))
                    .isGreaterThan(50);
            List<String> jbox = traceThat("clone3({flags=CLONE_VM|CLONE_PIDFD|CLONE_PARENT_SETTID");
            assertThat(walkOwnPart(jbox, plan)).isGreaterThan(20);
        } finally {
            user("destroy", "bbox-user");
            Wires.sh("ip addr del 192.0.2.9/32 dev lo; umount /dev/net/tun; rm -rf /run/tun " + HOME);
            Originals.forgetUser();
        }
    }

    private static TestHost.Result user(String... words) {
        return TestHost.run(Originals.asUser(TestHost.command(words)), FOLDERS);
    }

    /** A thread is the user; others of the same process are not. */
    private static Plan planOfUser(String name) {
        String lasting = HOME + "/.local/share/jbox";
        String project = Path.of("").toAbsolutePath().toString();
        String state = HOME + "/run/jbox";
        Settings settings = new Settings(
                project,
                new BoxFolders(lasting),
                false,
                state,
                List.of(project + "/examples/configs"),
                new NetworkFolders(state, lasting + "/.net", "/etc/jbox/net.yaml"),
                lasting + "/.ids",
                lasting + "/.store",
                null,
                Set.of(0, (int) Originals.UID));
        return CompletableFuture.supplyAsync(
                        () -> {
                            Kernel kernel = NativeKernel.open();
                            kernel.call(Syscall.SETRESGID, Originals.UID, Originals.UID, Originals.UID);
                            kernel.call(Syscall.SETRESUID, Originals.UID, Originals.UID, Originals.UID);
                            Jbox jbox = new Jbox(message -> {}, settings);
                            return jbox.plan(jbox.load(jbox.find(name), List.of()));
                        },
                        // Not used again.
                        task -> new Thread(task).start())
                .join();
    }

    /**
     * What the thread of jbox's own that has made a call has done by the same instruction, which is the stub's: what a JVM does
     * besides, and the reading and the effects of jbox, are called from elsewhere.
     */
    private static List<String> traceThat(String call) throws IOException {
        try (Stream<Path> files = Files.list(TRACES)) {
            for (Path file : files.toList()) {
                boolean child =
                        calls(file, "").stream().limit(1).anyMatch(line -> line.startsWith("prctl(PR_SET_PDEATHSIG"));
                for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
                    if (!child && line.contains("] " + call)) {
                        return calls(file, line.substring(0, line.indexOf(']') + 1));
                    }
                }
            }
        }
        throw new AssertionError("nobody has made " + call);
    }

    @Test
    void theProcessesOfRunDoWhatItsPlanSays() throws IOException, InterruptedException {
        assertThat(traced("run", "sandbox", "--", "true").waitFor()).isZero();

        List<String> jbox = traceThat("clone3({flags=CLONE_VM|CLONE_PIDFD|CLONE_NEWNS");
        // Each command has a name of its own.
        Matcher made = Pattern.compile("mkdirat\\(AT_FDCWD, \".*/jbox/sandbox([^/\"]+)\"")
                .matcher(String.join("\n", jbox));
        assertThat(made.find()).isTrue();
        Config config = config("sandbox");
        // And ids.
        long user = config.init().uid().get();
        Matcher owner = Pattern.compile("fchown\\([0-9]+, ([0-9]+), -1\\)").matcher(String.join("\n", jbox));
        assertThat(owner.find()).isTrue();
        List<Launch.Stream> streams = List.of(Launch.Stream.PIPE, Launch.Stream.PIPE, Launch.Stream.PIPE);
        List<HostFacts.Hierarchy> hierarchies = CgroupMounts.of(config, CgroupMounts.hierarchies());
        HostFacts facts = new HostFactsReader("rootfs-scripts", hierarchies, made.group(1))
                .read(config, List.of(IdMapping.range(Long.parseLong(owner.group(1)) - user)), NetworkFacts.NONE);
        Plan plan = new Planner(config, facts, new Launch(List.of("true"), streams, List.of(), null)).plan();
        List<String> first = traceWith("prctl(PR_SET_PDEATHSIG", "pivot_root(");
        assertThat(new TraceWalk(first).walk(steps(plan, Phase.INIT, Phase.SUPERVISE)))
                .isGreaterThan(100);
        List<String> command = traceWith("setsid(", "execve(\"/bin/true\"");
        assertThat(new TraceWalk(command).walk(plan.steps(Phase.COMMAND))).isGreaterThan(3);
        assertThat(walkOwnPart(jbox, plan)).isGreaterThan(20);
    }

    @Test
    void theProcessesOfUnshareDoWhatItsPlanSays() throws IOException, InterruptedException {
        long ignored = Long.parseUnsignedLong(
                Wires.sh("awk '/^SigIgn/ {print $2}' /proc/self/status").strip(), 16);
        Caller caller = new Caller(0, 0, 0, 0, ignored, List.of(0, 1, 2), -1, List.of(), List.of());
        UnshareRequest request = new UnshareRequest(
                new TreeSet<>(Set.of(Namespace.PID, Namespace.MNT, Namespace.UTS)),
                Map.of(),
                new UnshareRequest.Child(9, false),
                UnshareRequest.Ids.NONE,
                new UnshareRequest.Mounts(List.of(Flag.MS_REC, Flag.MS_PRIVATE), "/proc", null, null, null),
                Map.of(),
                new ToolProgram(null, null, false, List.of(), List.of("/bin/true")));
        Plan plan = new UnsharePlanner(caller, request).plan(List.of("unshare"), new byte[0]);
        Process strace = traced("unshare", "--kill-child", "-pmu", "--mount-proc", "/bin/true");

        assertThat(strace.waitFor()).isZero();

        List<String> tool = traceWith("execve(", "prctl(PR_SET_NAME, \"unshare\"");
        int first = tool.indexOf(tool.stream()
                .filter(line -> line.startsWith("prctl(PR_SET_NAME, \"unshare\""))
                .findFirst()
                .orElseThrow());
        List<Step> steps = plan.steps(Phase.LIVE);
        assertThat(new TraceWalk(tool.subList(first, tool.size())).walk(steps)).isGreaterThan(8);
        List<String> child = traceWith("rt_sigprocmask(", "execve(\"/bin/true\"");
        assertThat(new TraceWalk(child).walk(TraceWalk.child(steps))).isGreaterThan(5);
    }

    @Test
    void theProcessesOfExecDoWhatItsPlanSays() throws IOException, InterruptedException {
        Boxes.jbox("start", "bbox-empty");
        Jbox jbox = new Jbox(
                message -> {}, Settings.ofRoot(Path.of("").toAbsolutePath().toString()));
        Plan plan = jbox.box("bbox-empty").plan(ExecRequest.piped("true"));

        assertThat(traced("exec", "bbox-empty", "--", "true").waitFor()).isZero();

        List<String> joiner = traceWith("prctl(PR_SET_PDEATHSIG", "setns(");
        assertThat(new TraceWalk(joiner).walk(steps(plan, Phase.BECOME, Phase.LIVE)))
                .isGreaterThan(15);
        List<String> command = traceWith("prctl(PR_SET_PDEATHSIG", "execve(\"/bin/true\"");
        assertThat(new TraceWalk(command).walk(plan.steps(Phase.COMMAND))).isGreaterThan(30);
        List<String> own = traceThat("clone3({flags=CLONE_VM|CLONE_PIDFD|CLONE_PARENT_SETTID");
        assertThat(walkOwnPart(own, plan)).isGreaterThan(10);
    }
}
