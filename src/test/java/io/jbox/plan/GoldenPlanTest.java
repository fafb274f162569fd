package io.jbox.plan;

import static io.jbox.uapi.Flag.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.Golden;
import io.jbox.config.BoxFolders;
import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.Limit;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Join;
import io.jbox.facts.Label;
import io.jbox.facts.Launch;
import io.jbox.facts.NetworkFacts;
import io.jbox.number.HostUid;
import io.jbox.problem.JboxException;
import io.jbox.program.DataArg;
import io.jbox.program.Effect;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.schema.ConfigLoader;
import io.jbox.schema.DevSource;
import io.jbox.schema.ImageSource;
import io.jbox.schema.TestConfigs;
import io.jbox.yaml.DocumentCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The whole plan of every example, on a host of our making, to be read in review. */
class GoldenPlanTest {
    private static final Path EXAMPLES = Path.of("examples/configs");
    private static final Launch MONITORED = Launch.monitored(true, new Launch.Supervision("/run/jbox/NAME", false));
    private static final Path GOLDEN = Path.of("src/test/resources/plans");

    static List<String> examples() throws IOException {
        try (Stream<Path> files = Files.list(EXAMPLES)) {
            return files.map(file -> file.getFileName().toString().replace(".yaml", ""))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void startsAsWritten(String name) {
        Plan plan = new Planner(example(name), facts(example(name), "/var/lib/jbox/bbox/rootfs"), MONITORED).plan();

        Golden.check(GOLDEN.resolve(name + ".plan"), plan.text());
        assertJsonHasTheSame(plan);
    }

    /** For programs the same is said in the same order. */
    private static void assertJsonHasTheSame(Plan plan) {
        List<String> said = new ArrayList<>();
        said(plan.json(), said);
        assertThat(said).hasSizeGreaterThan(50);
        String text = plan.text();
        int at = 0;
        for (String notation : said) {
            int found = text.indexOf(notation, at);
            assertThat(found)
                    .as("%s behind %s", notation, text.substring(0, at))
                    .isNotNegative();
            at = found + notation.length();
        }
    }

    private static void said(Object part, List<String> said) {
        if (part instanceof Map<?, ?> map) {
            for (String key : List.of("notation", "memory", "effect")) {
                if (map.get(key) instanceof String text) {
                    said.add(text);
                }
            }
            map.values().forEach(value -> said(value, said));
        } else if (part instanceof List<?> list) {
            list.forEach(value -> said(value, said));
        }
    }

    @Test
    void makesTheRootFileSystemFirst() {
        Plan plan = new Planner(example("bbox-empty"), facts(), Launch.init()).plan();

        assertThat(plan.steps(Phase.BEGIN).get(0).effects().get(0)).isInstanceOf(Effect.Template.class);
        assertThat(plan.text())
                .startsWith("[jbox]\n# say that jbox is at work on the box\n@begin(\"bbox-empty\")\n")
                .contains(
                        "# make the root file system \"/var/lib/jbox/bbox/rootfs\"   (examples/configs/bbox-empty.yaml:6:38)\n"
                                + "@template([\"/scripts/busybox.sh\", \"/var/lib/jbox/bbox/rootfs\"])\n");
    }

    @Test
    void runsACommandBelowASmallInit() {
        Launch launch = new Launch(
                List.of("id", "-u"),
                List.of(Launch.Stream.NULL, Launch.Stream.PIPE, Launch.Stream.PIPE),
                List.of("A=b"),
                "/tmp");
        Plan plan = new Planner(example("bbox-empty"), facts("/var/lib/jbox/bbox/rootfs"), launch).plan();

        Golden.check(GOLDEN.resolve("run.plan"), plan.text());
    }

    /** Without rights over the host: mounts by the first process, ids by newuidmap. */
    @Test
    void startsAsAnOrdinaryUser() {
        Config config = TestConfigs.of("""
                rootfs: {path: "overlay:/r:/up/layer"}
                tty: {max: 1}
                net: [{type: user, mtu: 1500}]
                mount: {entry: ["/srv data none bind,create=dir"]}
                """);
        HostFacts facts = asUser(List.of(
                new IdMapping('u', 0, 1000, 1), new IdMapping('u', 1, 100_000, 65_535), new IdMapping('g', 0, 100, 1)));
        Launch launch = Launch.monitored(true, new Launch.Supervision("/run/user/1000/jbox/b", false));
        Plan plan = new Planner(config, facts, launch).plan();

        Golden.check(GOLDEN.resolve("ordinary.plan"), plan.text());
    }

    @Test
    void joinsABox() {
        Join join = new Join(
                "bbox",
                new Join.Limits(Map.of("nofile", new Limit(100, 4096)), Map.of("nofile", new Limit(1024, 1024))),
                new Join.Cgroups(
                        List.of("/sys/fs/cgroup/pids/jbox/bbox/tasks"), List.of("/sys/fs/cgroup/unified/jbox/bbox")),
                List.of(CLONE_NEWNS, CLONE_NEWPID),
                new Join.Confinement(
                        0x20, true, true, FILTER, List.of(new Label("attr/apparmor/exec", "exec jbox-box-1"))),
                new Join.User(1000, 100, new HostUid(101_000), List.of(100L, 5L)),
                new Join.Command(List.of("id", "-u"), List.of("PATH=/bin:/usr/bin"), "/home/a", true),
                List.of(Launch.Stream.CONSOLE, Launch.Stream.PIPE, Launch.Stream.PIPE));
        Plan plan = new JoinPlanner(join, facts()).plan();

        Golden.check(GOLDEN.resolve("exec.plan"), plan.text());
    }

    @Test
    void everyOtherKeyHasItsStep() {
        Config config = TestConfigs.of("""
                rootfs: {path: /r, options: [ro, noatime]}
                init: {cmd: [/bin/x, "a b"], uid: 1000, gid: 100, groups: [5, 6], cwd: /home}
                idmap: [u 0 100000 65536, g 0 200000 65536]
                cap: {keep: [net_raw, kill]}
                no_new_privs: true
                limits: {memory: 64M, cpus: 0.5, pids: 100}
                cgroup2: {memory.high: 60M}
                prlimit: {nofile: "10:20", core: unlimited}
                sysctl: {net.ipv4.ip_forward: 1, kernel.msgmax: 100}
                mount:
                  auto: [proc:rw, sys:mixed]
                  entry:
                    - /srv srv/a none rbind,ro,optional,create=dir
                    - /etc/hosts etc/hosts none bind,create=file
                    - tmpfs tmp tmpfs size=1m,nosuid
                tty: {max: 2}
                net: [{type: empty}]
                hook: {pre-start: /a, pre-mount: /b, mount: [/c, /d x], autodev: /e, start-host: /f, start: /g, timeout: 5}
                console: {logfile: /var/log/c.log, rotate: false}
                """);
        Plan plan = new Planner(config, facts("/r"), MONITORED).plan();

        Golden.check(GOLDEN.resolve("every-key.plan"), plan.text());
    }

    /** What a host of another kind has for boxes: owners that are given away, security modules, a policy for devices, locked mounts. */
    @Test
    void whatConfinesABoxHasItsStep() {
        Config config = TestConfigs.of("""
                rootfs: {path: /r, options: [shift]}
                apparmor: {profile: generated}
                selinux: {context: "system_u:system_r:container_t:s0:c1,c2"}
                cgroup: {devices: {allow: [c 10:200 rwm], deny: [c 1:9 r]}}
                cap: {keep: [sys_admin]}
                """);
        HostFacts facts = facts("/r", Label.APPARMOR_PROFILES, Label.APPARMOR_PARSER, "/sys/fs/selinux/enforce");
        Plan plan = new Planner(config, facts, Launch.init()).plan();

        Golden.check(GOLDEN.resolve("confined.plan"), plan.text());
    }

    @Test
    void connectsEveryTypeOfInterface() {
        Config config = TestConfigs.of("""
                name: net
                rootfs: {path: /r}
                net:
                  - {type: veth, link: jboxbr0, flags: up, ipv4: {address: [auto, 10.9.0.1/30], gateway: auto}, ipv6: {address: fd00::2/64, gateway: auto}, script: {up: /bin/up, down: /bin/down}}
                  - {type: veth, name: routed, veth: {pair: vethr, mode: router, ipv4: {route: 10.8.0.0/16}}, flags: up, ipv4: {address: 10.7.0.2/32, gateway: auto}}
                  - {type: macvlan, link: nic0, macvlan: {mode: bridge}, mtu: 1400, hwaddr: "02:00:00:00:00:01"}
                  - {type: vlan, link: nic0, vlan: {id: 7}, name: v7}
                  - {type: ipvlan, link: nic0, ipvlan: {mode: l2}, flags: up, ipv4: {address: 10.6.0.2/24, gateway: dev}}
                  - {type: phys, link: nic0, name: lan, flags: up, mtu: 1300, hwaddr: "02:00:00:00:00:02"}
                """);
        Plan plan = new Planner(config, facts(config, "/r"), MONITORED).plan();

        Golden.check(GOLDEN.resolve("network.plan"), plan.text());
    }

    @Test
    void refusesWhatIsNotThereWithEveryPlace() {
        Config config = TestConfigs.of("""
                rootfs: {path: /r}
                arch: aarch64
                net: [{type: veth, link: br0}]
                """);

        assertThatThrownBy(() -> new Planner(config, facts("/r"), Launch.init()).plan())
                .isInstanceOfSatisfying(
                        JboxException.class,
                        e -> assertThat(e.problems())
                                .extracting(problem -> problem.message() + " at " + problem.place())
                                .containsExactly(
                                        "arch: this host is x86_64 and does not run aarch64 at test.yaml:2:7",
                                        "net: link br0: there is no such interface at test.yaml:3:26"));
    }

    /** An ordinary user's cgroup belongs to who is the box's root: what has the limits is above what that sees. */
    @Test
    void noBoxOfAnOrdinaryUserSeesItsLimits() {
        Config config = TestConfigs.of("""
                rootfs: {path: /r}
                mount: {auto: [proc:mixed, cgroup:rw]}
                limits: {pids: 50}
                """);
        HostFacts facts = asUser(
                List.of(new IdMapping('b', 0, 1000, 1)),
                new HostFacts.Hierarchy("/sys/fs/cgroup/user.slice", true, List.of("pids")));
        Plan plan = new Planner(config, facts, Launch.init()).plan();

        Golden.check(GOLDEN.resolve("delegated.plan"), plan.text());
        assertThat(Grants.cgroups(config, facts))
                .containsExactly("/sys/fs/cgroup/user.slice/jbox/test/inner", "/sys/fs/cgroup/user.slice/jbox/test");
    }

    @Test
    void isPure() {
        HostFacts facts = facts("/var/lib/jbox/bbox/rootfs");

        assertThat(new Planner(example("overlay"), facts, Launch.init()).plan().text())
                .isEqualTo(new Planner(example("overlay"), facts, Launch.init())
                        .plan()
                        .text());
    }

    private static Config example(String name) {
        return new ConfigLoader(
                        new DocumentCache(null), new BoxFolders("/var/lib/jbox"), ImageSource.NONE, DevSource.NOBODY)
                .load(EXAMPLES.resolve(name + ".yaml").toString(), List.of());
    }

    private static final DataArg.Filter FILTER =
            new DataArg.Filter("default: 7 of 9 calls, others EPERM", new byte[24]);

    private static HostFacts facts(String... existing) {
        return facts(NetworkFacts.NONE, existing);
    }

    static HostFacts facts(Config config, String... existing) {
        return facts(TestNetwork.of(config.net()), existing);
    }

    private static HostFacts facts(NetworkFacts network, String... existing) {
        Set<String> paths = new HashSet<>(Masks.candidates());
        paths.addAll(List.of(existing));
        paths.addAll(List.of("/var", "/var/lib", "/var/lib/jbox"));
        return HostFacts.of("x86_64", -1L, 40, "/scripts")
                .existing(paths)
                .term("xterm")
                .hierarchies(
                        List.of(new HostFacts.Hierarchy("/sys/fs/cgroup", true, List.of("cpu", "memory", "pids"))), "")
                .filter(FILTER)
                .ids(List.of(IdMapping.range(1_879_048_192L)))
                .network(network)
                .etc(new HostFacts.Etc(true, "127.0.0.1\tlocalhost\n", "bbox\n", "", null, null))
                .build();
    }

    private static HostFacts asUser(List<IdMapping> ids, HostFacts.Hierarchy... hierarchies) {
        HostFacts root = facts("/r");
        return new HostFacts.Builder(root)
                .capabilities(0)
                .hierarchies(List.of(hierarchies), "")
                .ids(ids)
                .network(NetworkFacts.NONE)
                .etc(HostFacts.Etc.NONE)
                .build();
    }
}
