package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.Originals;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code jbox netns} beside ip-netns(8): each sees, uses and deletes what the other has made. */
class NetnsIT {
    private static final Path CONFIG = Path.of("/etc/netns");
    private static List<String> before = List.of();

    @BeforeAll
    static void host() throws IOException {
        TestHost.require();
        Wires.forgetNames();
        before = TestHost.state();
        // A folder of the test host's own over the machine's, so that /etc/netns can be made in it.
        Wires.sh("mkdir -p /run/etc.upper /run/etc.work && mount -t overlay -o"
                + " lowerdir=/etc,upperdir=/run/etc.upper,workdir=/run/etc.work etc /etc");
    }

    /** The kernel takes namespaces away in its own time, and their ids with them. */
    @BeforeEach
    void noIds() {
        Boxes.await("the last ids to go", () -> Wires.sh("ip netns list-id").isEmpty());
    }

    @AfterEach
    void noNames() {
        for (String name : Wires.sh("ip netns list | cut -d' ' -f1").split("\n")) {
            if (!name.isEmpty()) {
                Wires.sh("ip netns del " + name);
            }
        }
    }

    @AfterAll
    static void nothingIsLeft() {
        Wires.sh("umount /etc; rm -rf /run/etc.upper /run/etc.work");
        Wires.forgetNames();
        Boxes.awaitState(before);
    }

    /** Scene 5. */
    @Test
    void aNameFromAddToDel() {
        Boxes.jbox("netns", "add", "newnet");

        assertThat(TestHost.lines("/proc/self/mountinfo"))
                .anyMatch(line -> line.contains(" /run/netns/newnet ") && line.contains(" - nsfs nsfs "));
        assertThat(Boxes.jbox("netns", "list").out()).isEqualTo("newnet\n").isEqualTo(Wires.sh("ip netns list"));
        assertThat(Boxes.jbox("netns", "exec", "newnet", "ip", "link", "list").out())
                .contains("lo: <LOOPBACK> ")
                .contains("state DOWN")
                .isEqualTo(Wires.sh("ip netns exec newnet ip link list"));
        assertThat(Boxes.jbox("netns", "del", "newnet").err()).isEmpty();
        assertThat(Boxes.jbox("netns", "list").out()).isEmpty();
        assertThat(TestHost.lines("/proc/self/mountinfo")).noneMatch(line -> line.contains("newnet"));
    }

    @Test
    void whatIpHasMadeIsOurs() {
        Wires.sh("ip netns add theirs && ip netns set theirs 5");

        assertThat(Boxes.jbox("netns").out()).isEqualTo("theirs (id: 5)\n");
        assertThat(Boxes.jbox("netns", "exec", "theirs", "readlink", "/proc/self/ns/net")
                        .out())
                .isEqualTo(Wires.sh("ip netns exec theirs readlink /proc/self/ns/net"));
        Boxes.jbox("netns", "delete", "theirs");

        assertThat(Wires.sh("ip netns list")).isEmpty();
    }

    @Test
    void whatWeHaveMadeIsIps() {
        Boxes.jbox("netns", "add", "ours");
        Boxes.jbox("netns", "set", "ours", "6");

        assertThat(Wires.sh("ip netns list")).isEqualTo("ours (id: 6)\n");
        assertThat(Wires.sh("ip netns exec ours ip -o link")).contains("lo: <LOOPBACK>");
        Wires.sh("ip netns del ours");

        assertThat(Boxes.jbox("netns", "list").out()).isEmpty();
    }

    /** A name that is taken away in one mount namespace is gone in all, whoever has made it first. */
    @Test
    void theFoldersMountsAreShared() {
        Boxes.jbox("netns", "add", "first");
        String id = Wires.sh("ip netns exec first readlink /proc/self/ns/net");
        Process elsewhere = start("unshare", "-m", "--propagation", "slave", "sleep", "31360");

        Wires.sh("ip netns add second");
        Boxes.jbox("netns", "del", "first");

        String mounts = Wires.sh("cat /proc/" + elsewhere.pid() + "/mountinfo");
        assertThat(mounts).contains("/run/netns/second").doesNotContain("/run/netns/first");
        assertThat(id).startsWith("net:[");
        TestHost.end(elsewhere);
    }

    private static Process start(String... command) {
        try {
            Process process = TestHost.builder(List.of(command)).start();
            String sleep = "sleep 3136" + command[command.length - 1].replaceAll(".*3136", "");
            Boxes.await(
                    sleep,
                    () -> TestHost.processes(sleep).stream().anyMatch(line -> line.matches("[0-9]+ " + sleep + " ?")));
            return process;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "list-id",
                "identify",
                "pids one",
                "pids two",
                "exec one true",
                "exec one false",
                "exec two readlink /proc/self/ns/net",
                "exec one sh -c exit\u00a07",
                "exec one nosuchprogram",
                "exec nosuch true",
                "exec one",
                "pids nosuch",
                "pids one two",
                "identify 1 2",
                "list-id nsid",
                "list-id nsid 77",
                "list-id target-nsid 77",
                "pids",
                "del nosuch",
                "del",
                "add",
                "add one",
                "add a/b",
                "add ..",
                "set one 5",
                "set nosuch 5",
                "set one nonsense",
                "set one",
                "attach",
                "attach three 4194303",
                "attach one 1",
                "identify 4194303",
                "identify nonsense",
                "nonsense"
            })
    void answersAsIpDoes(String words) {
        Wires.sh("ip netns add one && ip netns set one auto && ip netns add two");
        Process inside = start("ip", "netns", "exec", "two", "sleep", "31361");
        Originals.compare(
                false, "netns", List.of(words.replace('\u00a0', ' ').split(" ", words.contains("sh -c") ? 5 : 9)));
        TestHost.end(inside);
    }

    /** ip(8) lists in the order of the folder. */
    @ParameterizedTest
    @ValueSource(strings = {"list", "show", "lis", ""})
    void listsTheSameNames(String verb) {
        Wires.sh("ip netns add one && ip netns set one auto && ip netns add two");

        assertThat(Wires.sh("bin/jbox netns " + verb)).isEqualTo(Wires.sh("ip netns " + verb + " | sort"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"list", "list-id"})
    void printsTheSameJson(String verb) {
        Wires.sh("ip netns add one && ip netns set one auto");

        String ours = Boxes.jbox("netns", verb, "-j").out();

        assertThat(ours.replaceAll("\\s", ""))
                .isEqualTo(Wires.sh("ip -j netns " + verb).replaceAll("\\s", ""));
    }

    @Test
    void programsSeeTheirNetworkInSysAndTheirFilesInEtc() throws IOException {
        Wires.sh("ip netns add one && ip -n one link add inside type veth peer name inside2");
        Files.createDirectories(CONFIG.resolve("one"));
        Files.writeString(CONFIG.resolve("one/hosts"), "10.9.8.7 of-one\n");
        Files.writeString(CONFIG.resolve("one/nothing-like-it"), "x\n");
        String script = "ls /sys/class/net; cat /etc/hosts; readlink /proc/self/ns/mnt";
        String own = Wires.sh("readlink /proc/self/ns/mnt");

        Result ours = TestHost.jbox("netns", "exec", "one", "sh", "-c", script);
        Result theirs = TestHost.run(List.of("ip", "netns", "exec", "one", "sh", "-c", script), Map.of());

        assertThat(ours.out().replaceAll("mnt:.*", ""))
                .isEqualTo(theirs.out().replaceAll("mnt:.*", ""))
                .contains("inside\n")
                .contains("of-one");
        assertThat(ours.out()).doesNotContain(own);
        assertThat(ours.err()).contains("/etc/netns/one/nothing-like-it");
        assertThat(Wires.sh("cat /etc/hosts")).doesNotContain("of-one");
    }

    /** Scene 7. */
    @Test
    void aBoxesNetworkGetsAName() {
        Boxes.jbox("start", Boxes.define("named", Boxes.idle(), "net: [{type: empty, flags: up}]"));
        try {
            String pid = Boxes.jbox("pid", "named").out().trim();
            Boxes.jbox("netns", "attach", "named_nsnet", pid);
            Boxes.jbox("netns", "set", "named_nsnet", "auto");

            assertThat(Boxes.jbox("netns", "list").out()).matches("named_nsnet \\(id: [0-9]+\\)\n");
            assertThat(TestHost.jbox("lsns", "-rn", "-t", "net", "-o", "NSFS,PID")
                            .out())
                    .contains("/run/netns/named_nsnet " + pid);
            assertThat(Wires.sh("ip netns exec named_nsnet ip link")).contains("lo: <LOOPBACK,UP");
            assertThat(Boxes.jbox("netns", "identify", pid).out()).isEqualTo("named_nsnet\n");
            assertThat(Boxes.jbox("netns", "pids", "named_nsnet").out()).isEqualTo(pid + "\n");
        } finally {
            Boxes.jbox("stop", "-k", "named");
        }
    }

    @Test
    void saysWhatStillHoldsWhatItHasDeleted() {
        Boxes.jbox("netns", "add", "held");
        Process inside = start("ip", "netns", "exec", "held", "sleep", "31362");
        Process descriptor = start("bash", "-c", "exec 8</run/netns/held; exec sleep 31363");
        Wires.sh("touch /run/elsewhere && mount --bind /run/netns/held /run/elsewhere");

        Result result = Boxes.jbox("netns", "del", "held");

        assertThat(result.err())
                .contains("process " + inside.pid() + " (sleep)")
                .contains("descriptor 8 of process " + descriptor.pid() + " (sleep)")
                .contains("mount /run/elsewhere");
        TestHost.end(inside);
        TestHost.end(descriptor);
        Wires.sh("umount /run/elsewhere && rm /run/elsewhere");
    }

    /** Another name must not be taken for one that Java cannot read. */
    @Test
    void aNameThatIsNotUtf8IsRefused() {
        Wires.sh("ip netns add \"$(printf '\\357\\277\\275')\"");

        Result result = TestHost.run(List.of("sh", "-c", "bin/jbox netns del \"$(printf '\\377')\""), Map.of());

        assertThat(result.exitCode()).isEqualTo(255);
        assertThat(Wires.sh("ip netns list")).isNotEmpty();
    }

    @Test
    void deletesWhatIsNoNamespaceAnyMore() {
        Boxes.jbox("netns", "add", "good");
        Wires.sh("ln -s nowhere /run/netns/broken");

        Boxes.jbox("netns", "del", "--all");

        assertThat(Wires.sh("ls /run/netns")).isEmpty();
    }

    @Test
    void aFileThatCannotBeMountedIsNoReasonNotToRun() throws IOException {
        Wires.sh("ip netns add one && mkdir -p /etc/netns/one/passwd");

        Result result = TestHost.jbox("netns", "ex", "one", "sh", "-c", "head -c4 /etc/passwd");

        assertThat(result.out()).isEqualTo("root");
        assertThat(result.err()).contains("mount /etc/netns/one/passwd on /etc/passwd: Not a directory (ENOTDIR)");
        Wires.sh("rmdir /etc/netns/one/passwd");
    }

    @Test
    void deletesAll() {
        Wires.sh("ip netns add one; ip netns add two");

        Boxes.jbox("netns", "del", "--all");

        assertThat(Wires.sh("ip netns list")).isEmpty();
    }

    @Test
    void tellsOfNamesThatComeAndGo() throws IOException {
        Wires.sh("ip netns add before");
        Process monitor = TestHost.builder(TestHost.command("netns", "monitor")).start();
        Boxes.await("the watch", () -> watches(monitor));

        Wires.sh("ip netns add later && ip netns del before");

        assertThat(monitor.inputReader().readLine()).isEqualTo("add later");
        assertThat(monitor.inputReader().readLine()).isEqualTo("delete before");
        TestHost.end(monitor);
    }

    private static boolean watches(Process process) {
        return Wires.sh("cat /proc/" + process.pid() + "/fdinfo/* 2>/dev/null || :")
                .contains("inotify wd:");
    }

    @Test
    void anOrdinaryUserIsToldWhatItWants() {
        for (String words : List.of("add x", "del x", "attach x 1")) {
            Result result = Originals.run(true, Originals.ours("netns", List.of(words.split(" "))));
            assertThat(result.exitCode()).as(words).isEqualTo(1);
            assertThat(result.err()).as(words).startsWith("jbox: ").doesNotContain("internal error");
        }
    }
}
