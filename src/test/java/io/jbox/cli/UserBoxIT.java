package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.Originals;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Boxes of an ordinary user: with ids of /etc/subuid, and with no more than the user's own. */
class UserBoxIT {
    private static final Path HOME = Path.of("/run/home");
    private static final Map<String, String> FOLDERS =
            Map.of("HOME", HOME.toString(), "XDG_RUNTIME_DIR", HOME + "/run", "JBOX_ARCHIVE", "off");
    private static final String NO_CGROUP = "this user has no cgroup";

    @BeforeAll
    static void user() throws IOException {
        TestHost.require();
        Originals.makeUser();
        Files.createDirectories(HOME.resolve("run"));
        Wires.sh("chown -R 4242:4242 " + HOME + "; chmod 700 " + HOME);
        // A host's udev has it so.
        Wires.sh("mknod -m 666 /run/tun c 10 200; mount --bind /run/tun /dev/net/tun");
    }

    @AfterEach
    void stop() throws IOException {
        user("stop", "-k", "mine");
        assertThat(Boxes.leftovers()).isEmpty();
        assertThat(TestHost.processes("slirp4netns")).isEmpty();
        Originals.giveIds(true);
    }

    @AfterAll
    static void clean() {
        Wires.sh("umount /dev/net/tun");
        Originals.forgetUser();
        Wires.sh("rm -rf " + HOME + " /run/tun");
    }

    private static Result user(String... arguments) {
        return TestHost.run(Originals.asUser(TestHost.command(arguments)), FOLDERS);
    }

    private static Result well(String... arguments) {
        Result result = user(arguments);
        assertThat(result.exitCode())
                .as(String.join(" ", arguments) + "\n" + result.err())
                .isZero();
        return result;
    }

    private static String define(String... lines) throws IOException {
        Path file = HOME.resolve("mine.yaml");
        Files.writeString(file, "rootfs: {template: busybox}\n" + String.join("\n", lines) + "\n");
        return file.toString();
    }

    private static String exec(String... command) {
        List<String> words = new ArrayList<>(List.of("exec", "mine", "--"));
        words.addAll(List.of(command));
        return well(words.toArray(new String[0])).out();
    }

    /** Whoever the user is outside, a box's root is that; there are others in it only if the user was given some. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCommandRunsAsTheUser(boolean ids) throws IOException {
        Originals.giveIds(ids);

        String out = well(
                        "run",
                        "-f",
                        define(),
                        "--",
                        "sh",
                        "-c",
                        "id -u; cat /proc/self/uid_map; touch /made; ls -ln /made; chown 5 /made 2>&1; ls -ln /made")
                .out()
                .replaceAll(" +", " ");

        assertThat(out).startsWith("0\n 0 4242 1\n" + (ids ? " 1 300000 1000\n 1001 400000 64535\n" : "-rw"));
        assertThat(out.contains("-rw-r--r-- 1 5 0 ")).isEqualTo(ids);
        Path made = HOME.resolve(".local/share/jbox/mine/rootfs/made");
        assertThat(Files.getAttribute(made, "unix:uid")).isEqualTo(ids ? 300_004 : 4242);
        user("destroy", "mine");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aBoxLivesAsRootsDo(boolean ids) throws IOException {
        Originals.giveIds(ids);
        String file = define(
                "tty: {max: 1}",
                "signal: {halt: SIGUSR1}",
                "hook: {pre-start: [\"sh -c 'id -u > " + HOME + "/hook'\"], start: [\"/bin/sh -c 'id -u > /hook'\"]}");
        Files.createDirectories(HOME.resolve(".local/share/jbox"));
        Wires.sh("chown -R 4242 " + HOME);
        well("create", "-f", file, "mine");

        Result start = well("start", "mine");

        assertThat(start.err()).containsOnlyOnce(NO_CGROUP);
        assertThat(well("ls", "-f").out()).containsPattern("mine +RUNNING .* true\n");
        assertThat(well("info", "mine").out()).contains("Root on host:  uid 4242\n");
        for (String looking : List.of("graph", "ls")) {
            assertThat(well("net", looking).err()).as(looking).isEmpty();
        }
        assertThat(well("net", "ls", "mine").err()).isEmpty();
        assertThat(exec("cat", "/hook")).isEqualTo("0\n");
        assertThat(HOME.resolve("hook")).hasContent("4242\n");
        Boxes.await("the console's shell", () -> user("logs", "mine").out().contains("root@mine"));
        assertThat(Wires.sh("echo 'echo $((40 + 2)) > /typed' | " + String.join(" ", Originals.asUser(List.of("env")))
                        + " HOME=" + HOME + " XDG_RUNTIME_DIR=" + HOME + "/run timeout 60 bin/jbox console mine 2>&1"))
                .doesNotContain("jbox:");
        Boxes.await(
                "what was typed",
                () -> user("exec", "mine", "--", "cat", "/typed").out().equals("42\n"));
        // What other users of the box have made is not the user's to remove outside.
        exec(
                "sh",
                "-c",
                "mkdir -p /theirs/deep; chown -R daemon /theirs; chmod 700 /theirs; mkdir -p /second/deep; chown -R 2000 /second; chmod 700 /second; mkdir -m 0 /none; true");
        well("stop", "mine");
        assertThat(well("ls", "-f").out()).containsPattern("mine +STOPPED");
        well("destroy", "mine");
        assertThat(HOME.resolve(".local/share/jbox/mine")).doesNotExist();
    }

    @Test
    void theMonitorsDeathIsTheBoxs() throws IOException {
        well("start", "-f", define("init: {cmd: [/bin/sleep, '1000']}", "net: [{type: user}]"));
        String pid = well("pid", "mine").out().trim();

        Wires.sh("kill -9 $(ps -o ppid= -p " + pid + ")");

        Boxes.await(
                "the end of all",
                () -> !Files.exists(Path.of("/proc", pid))
                        && TestHost.processes("slirp4netns").isEmpty());
        assertThat(well("ls", "-F", "state", "mine").out()).doesNotContain("RUNNING");
        well("destroy", "mine");
    }

    /** The terminal that a box was started from may go. */
    @Test
    void theNetworkOutlivesTheTerminal() throws IOException {
        String file = define("init: {cmd: [/bin/sleep, '1000']}", "net: [{type: user}]");
        Wires.sh("script -qec '" + String.join(" ", Originals.asUser(List.of("env"))) + " HOME=" + HOME
                + " XDG_RUNTIME_DIR=" + HOME + "/run bin/jbox start -f " + file + "' /dev/null </dev/null");

        assertThat(exec("ip", "link")).contains("eth0");
        assertThat(TestHost.processes("/usr/bin/slirp4netns")).hasSize(2);
        user("stop", "-k", "mine");
        user("destroy", "mine");
    }

    /** To the world outside, and to what listens on the host only where the configuration opens it. */
    @ParameterizedTest
    @ValueSource(strings = {"{type: user}", "{type: user, host: deny}", "{type: user, host: allow}"})
    void outgoingConnections(String net) throws IOException {
        boolean open = net.contains("allow");
        String world = "http://198.18.0.2:8765/hostname";
        String host = "http://192.0.2.7:8765/hostname";
        Wires.sh(
                "mkdir -p /run/netns; ip netns add world && ip link add up0 type veth peer name eth0 netns world && ip addr add"
                        + " 198.18.0.1/24 dev up0 && ip link set up0 up && ip netns exec world sh -c 'ip addr add 198.18.0.2/24 dev"
                        + " eth0; ip link set eth0 up'; ip addr add 192.0.2.7/32 dev lo; ip addr add 10.99.0.1/32 dev lo scope host; ip route add local 10.97.0.0/16 dev lo");
        List<String> server = List.of("busybox", "httpd", "-f", "-p", "8765", "-h", "/etc");
        List<String> elsewhere = new ArrayList<>(List.of("ip", "netns", "exec", "world"));
        elsewhere.addAll(server);
        Process web = TestHost.builder(server).start();
        Process away = TestHost.builder(elsewhere).start();
        try {
            String file = define("init: {cmd: [/bin/sleep, '1000']}", "net: [" + net + "]");
            well("start", "-f", file);

            String name = Files.readString(Path.of("/etc/hostname"));
            assertThat(exec("wget", "-q", "-O-", world)).isEqualTo(name);
            for (String own : List.of(
                    host,
                    "http://198.18.0.1:8765/hostname",
                    "http://10.99.0.1:8765/hostname",
                    "http://10.97.3.4:8765/hostname")) {
                Result got = user("exec", "mine", "--", "timeout", "5", "wget", "-q", "-O-", own);
                assertThat(got.out()).as(own).isEqualTo(open ? name : "");
            }
            assertThat(user("exec", "mine", "--", "timeout", "5", "wget", "-q", "-O-", "http://10.0.2.2:8765/hostname")
                            .exitCode())
                    .isNotZero();
            assertThat(exec("cat", "/etc/resolv.conf")).isEqualTo("nameserver 10.0.3.3\n");
            well("stop", "-k", "mine");
            assertThat(well("run", "-f", file, "--", "wget", "-q", "-O-", world).out())
                    .isEqualTo(name);
        } finally {
            TestHost.end(web);
            away.destroyForcibly().onExit().join();
            Wires.sh(
                    "ip addr del 192.0.2.7/32 dev lo; ip addr del 10.99.0.1/32 dev lo; ip route del local 10.97.0.0/16 dev lo; ip link del up0; ip netns del world");
            user("destroy", "mine");
        }
    }

    /** Whoever of the two is the one id that the kernel maps without rights, or neither. */
    @ParameterizedTest
    @ValueSource(strings = {"u 0 4242 1, g 0 300000 10", "u 0 4242 1, g 0 4242 1"})
    void aNetworkForAnyMapOfIds(String idmap) throws IOException {
        String file = define("net: [{type: user}]", "idmap: [" + idmap + "]", "mount: {auto: []}");

        assertThat(well("run", "-f", file, "--", "ip", "-o", "addr", "show", "eth0")
                        .out())
                .contains("10.0.2.100/24");
    }

    @Test
    void aMapThatAllowsNoNetworkIsSaid() throws IOException {
        Result result = user("start", "-f", define("net: [{type: user}]", "idmap: [u 0 300000 10, g 0 4242 1]"));

        assertThat(result.exitCode()).isEqualTo(125);
        assertThat(result.err())
                .contains("the box's root has your group but not your user", "mine.yaml:2:14", "u 0 UID 1");
    }

    /** A folder that may not be entered is not the same as a file that is not there. */
    @Test
    void whatMayNotBeReadIsSaidToBeSo() {
        Wires.sh("mkdir -p -m 700 /run/private && echo 'name: x' >/run/private/x.yaml");
        for (String command : List.of("start", "plan")) {
            assertThat(user(command, "-f", "/run/private/x.yaml").err())
                    .contains("/run/private/x.yaml: Permission denied (EACCES)");
        }
        assertThat(user("start", "-f", "/run/missing.yaml").err()).contains("no such file");
    }

    /** The programs that carry packets of a box of root's are nobody on the host, and see none of its files. */
    @Test
    void whatCarriesRootsBoxesIsNotRoot() throws IOException {
        Boxes.jbox("start", Boxes.define("roots", "net: [{type: user}]", Boxes.idle()));
        try {
            List<String> carriers = TestHost.processes("/usr/bin/slirp4netns");
            assertThat(carriers).hasSize(2);
            carriers.replaceAll(line -> line.substring(0, line.indexOf(' ')));
            for (String pid : carriers) {
                String status = Files.readString(Path.of("/proc/" + pid + "/status"));
                assertThat(status).doesNotContain("Uid:\t0\t");
            }
            assertThat(carriers)
                    .anySatisfy(pid ->
                            assertThat(Path.of("/proc/" + pid + "/root/etc")).isEmptyDirectory());
        } finally {
            Boxes.jbox("stop", "-k", "roots");
            Boxes.await(
                    "their end",
                    () -> TestHost.processes("/usr/bin/slirp4netns").isEmpty());
        }
    }

    /** To slirp4netns alone a packet for 127.0.0.1 is one for the host's: the second box shows that. */
    @Test
    void packetsForALoopbackStayInTheBox() throws IOException {
        String attack =
                "echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet; ip addr flush dev lo; ip link set lo down; "
                        + "ip route add 127.0.0.0/8 via 10.0.2.2 dev eth0 src 10.0.2.100; printf 'GET /hostname HTTP/1.0\\r\\n\\r\\n' | nc -w 3 127.0.0.1 8765";
        Process web = TestHost.builder(List.of("busybox", "httpd", "-f", "-p", "127.0.0.1:8765", "-h", "/etc"))
                .start();
        try {
            well(
                    "start",
                    "-f",
                    define("init: {cmd: [/bin/sleep, '1000']}", "net: [{type: user}]", "cap: {add: [net_admin]}"));
            Boxes.await("the server", UserBoxIT::isListening);
            assertThat(user("exec", "mine", "--", "sh", "-c", attack).out()).isEmpty();
            assertThat(exec("ip", "route", "get", "127.0.0.1")).contains("via 10.0.2.2 dev eth0");
            well("stop", "-k", "mine");

            well(
                    "start",
                    "-f",
                    define("init: {cmd: [/bin/sleep, '1000']}", "net: [{type: empty}]", "cap: {add: [net_admin]}"));
            Process carrier = TestHost.builder(List.of(
                            "slirp4netns",
                            "--configure",
                            "--disable-host-loopback",
                            well("pid", "mine").out().trim(),
                            "eth0"))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                Boxes.await("its interface", () -> exec("ip", "route").contains("10.0.2.2"));
                assertThat(user("exec", "mine", "--", "sh", "-c", attack).out())
                        .endsWith(Files.readString(Path.of("/etc/hostname")));
            } finally {
                carrier.destroyForcibly().onExit().join();
            }
        } finally {
            TestHost.end(web);
            user("stop", "-k", "mine");
            user("destroy", "mine");
        }
    }

    private static boolean isListening() {
        try (Socket socket = new Socket("127.0.0.1", 8765)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void aResolvConfThatIsAFolderIsAnErrorWithAHint() throws IOException {
        well("run", "-f", define(), "--", "sh", "-c", "rm -f /etc/resolv.conf; mkdir /etc/resolv.conf");
        try {
            Result result = user("start", "-f", define("net: [{type: user}]"));

            assertThat(result.exitCode()).isEqualTo(125);
            assertThat(result.err()).contains("mine.yaml:2:14\n").contains("hint: it is a folder");
        } finally {
            user("destroy", "mine");
        }
    }

    @Test
    void aBoxWithoutItsNetworkIsNone() throws IOException {
        Wires.sh("chmod 600 /run/tun");
        try {
            Result result = user("start", "-f", define("net: [{type: user}]"));

            assertThat(result.exitCode()).isEqualTo(125);
            assertThat(result.err())
                    .contains(
                            "connect \"eth0\" to an intermediate network with slirp4netns: open(\"/dev/net/tun\"): Permission denied\n")
                    .contains("mine.yaml:2:14\n")
                    .contains("hint: it needs a /dev/net/tun");
        } finally {
            Wires.sh("chmod 666 /run/tun");
            user("destroy", "mine");
        }
    }

    /** As after su, or from cron. */
    @Test
    void noSessionIsNeeded() throws IOException {
        Result result = TestHost.run(
                Originals.asUser(TestHost.command("run", "-f", define(), "--", "echo", "up")),
                Map.of("HOME", HOME.toString(), "XDG_RUNTIME_DIR", "", "JBOX_ARCHIVE", "off"));

        assertThat(result.out()).as(result.err()).isEqualTo("up\n");
        user("destroy", "mine");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sandbox", "readonly", "bbox-empty", "overlay"})
    void theExamplesAreForUsersToo(String example) {
        assertThat(well("run", example, "--", "echo", "up").out()).isEqualTo("up\n");
        assertThat(HOME.resolve(".local/share/jbox/bbox/rootfs/bin/busybox")).exists();
        user("destroy", "-f", "bbox");
        user("destroy", "-f", example);
    }

    /** Root's and the user's are two boxes, each with its own rights. */
    @Test
    void aNameIsTheUsersOwn() throws IOException {
        Boxes.jbox("start", Boxes.define("mine", Boxes.idle()));
        well("start", "-f", define(Boxes.idle()), "mine");

        assertThat(well("pid", "mine").out())
                .isNotEqualTo(Boxes.jbox("pid", "mine").out());
        well("stop", "-k", "mine");
        assertThat(Boxes.state("mine")).isEqualTo("RUNNING");
        Boxes.jbox("stop", "-k", "mine");
        user("destroy", "mine");
    }

    @Test
    void whatOnlyRootCanIsRefusedWithItsLine() throws IOException {
        Result net = user("start", "-f", define("net: [{type: veth}]"));
        Result root = user("start", "-f", define("idmap: none"));
        Result memory = user("start", "-f", define("limits: {memory: 64M}"));
        Originals.giveIds(false);
        Result groups = user("start", "-f", define("init: {groups: [0]}"));

        assertThat(net.err()).contains("net: type veth needs root").contains("mine.yaml:2:14");
        assertThat(root.err()).contains("idmap: none needs root").contains("mine.yaml:2:8");
        assertThat(memory.err())
                .contains("no cgroup with the controller memory")
                .contains("mine.yaml:2:18");
        assertThat(groups.err()).contains("init.groups: groups cannot be set").contains("mine.yaml:2:17");
        assertThat(List.of(net, root, memory, groups))
                .extracting(Result::exitCode)
                .containsOnly(125);
        assertThat(well("plan", "-f", define("net: [{type: veth}]")).err())
                .isEqualTo("jbox: mine: only root can start this box: this is the plan of sudo jbox start\n");
    }

    /** A cgroup that is given to the user: limits of its files, freezing, and nothing left behind. */
    @Test
    void cgroupsWhereTheyAreGiven() throws IOException {
        String mount = Wires.sh("awk '$3 == \"cgroup2\" { print $2; exit }' /proc/mounts")
                .trim();
        String given = mount + "/given";
        Wires.sh("mkdir " + given + "; chown 4242 " + given + " " + given + "/cgroup.procs");
        // Whatever the test before has left.
        user("destroy", "mine");
        String file = define("init: {cmd: [/bin/sleep, '1000']}");
        try {
            String script =
                    "echo $$ > " + given + "/cgroup.procs; exec " + String.join(" ", Originals.asUser(List.of("env")))
                            + " HOME=" + HOME + " XDG_RUNTIME_DIR=" + HOME + "/run bin/jbox ";

            assertThat(Wires.sh(script + "start -f " + file + " 2>&1"))
                    .isEqualTo("jbox: making the root file system " + HOME + "/.local/share/jbox/mine/rootfs\n");
            well("freeze", "mine");
            assertThat(well("ls", "-F", "state", "mine").out()).contains("FROZEN");
            well("unfreeze", "mine");
            assertThat(Files.readString(Path.of(given, "jbox", "mine", "cgroup.procs")))
                    .isNotEmpty();
            assertThat(Wires.sh(script + "exec mine -- sleep 0 2>&1")).isEmpty();
            Result outside = well("exec", "mine", "--", "echo", "there");
            assertThat(outside.out()).isEqualTo("there\n");
            assertThat(outside.err()).contains("the command is outside the box's cgroup");
            well("stop", "-k", "mine");
            assertThat(Path.of(given, "jbox", "mine")).doesNotExist();
            // What it can write, with the right to mount cgroups itself, are not its limits.
            Path limit = Path.of(given, "jbox", "mine", "cgroup.max.descendants");
            assertThat(Wires.sh(script + "start -f " + file + " -s cap.keep=[sys_admin] 2>&1"))
                    .isEmpty();
            String attack = "mount -t cgroup2 none /mnt && echo 7777 >/mnt/cgroup.max.descendants;"
                    + " cat /mnt/cgroup.max.descendants; ls -d /mnt/mine; true";
            assertThat(Wires.sh(script + "exec mine -- sh -c \"" + attack + "\" 2>&1"))
                    .startsWith("7777\n")
                    .contains("/mnt/mine: No such file");
            assertThat(limit).hasContent("max\n");
            well("freeze", "mine");
            assertThat(well("ls", "-F", "state", "mine").out()).contains("FROZEN");
            well("stop", "-k", "mine");
            assertThat(Path.of(given, "jbox", "mine")).doesNotExist();
        } finally {
            user("stop", "-k", "mine");
            user("destroy", "mine");
            // A process that has ended stays in its cgroup until the kernel is done with it.
            Wires.sh("for i in $(seq 50); do find " + given
                    + " -depth -type d -exec rmdir {} + && exit; sleep 0.1; done 2>/dev/null; exit 1");
        }
    }

    /** The box's root and whoever started it are one user of the host: what keeps them apart is not that. */
    @Test
    void theBoxsRootIsNotItsUser() throws IOException {
        Files.writeString(HOME.resolve("secret"), "of the user\n");
        Wires.sh("chown 4242 " + HOME + "/secret; chmod 600 " + HOME + "/secret");
        well("start", "-f", define("init: {cmd: [/bin/sleep, '1000']}"));
        String monitor = Wires.sh("ps -o ppid= -p " + well("pid", "mine").out()).trim();

        assertThat(user("exec", "mine", "--", "cat", HOME + "/secret").exitCode())
                .isNotZero();
        assertThat(user("exec", "mine", "--", "kill", "-0", monitor).exitCode()).isNotZero();
        assertThat(exec("ps")).contains("sleep 1000").doesNotContain("monitor");
        assertThat(user("exec", "mine", "--", "sh", "-c", "echo 1 > /proc/sys/kernel/hostname")
                        .exitCode())
                .isNotZero();
        user("stop", "-k", "mine");
        user("destroy", "mine");
    }
}
