package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.json.JsonReader;
import io.jbox.testhost.Boxes;
import io.jbox.testhost.Originals;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code jbox lsns} beside lsns(8), at the same moment on the same machine, with forty processes. */
class LsnsIT {
    private static final List<String> MIXES = List.of(
            "unshare -u",
            "unshare -ui",
            "unshare -n",
            "unshare -m",
            "unshare -fp --kill-child",
            "unshare -rU",
            "unshare -rmn",
            "unshare -fmuinp --mount-proc --kill-child",
            "unshare -C",
            "unshare -fT --kill-child",
            "setpriv --reuid=4242 --regid=4242 --clear-groups",
            "setpriv --reuid=4242 --regid=4242 --clear-groups unshare -rmu",
            "unshare -n ip netns exec named",
            "");
    private static final Path MOUNTED = Path.of("/run/lsns-mounted");
    private static final Pattern PROCESS = Pattern.compile("openat\\(AT_FDCWD, \"/proc/([0-9]+)");
    private static final List<Process> PROCESSES = new ArrayList<>();
    private static List<String> before = List.of();

    @BeforeAll
    static void fortyProcesses() throws IOException {
        TestHost.require();
        Wires.forgetNames();
        before = TestHost.state();
        Originals.makeUser();
        Wires.sh("ip netns add named && ip netns add empty && ip netns set empty 7");
        Files.createFile(MOUNTED);
        Wires.sh("unshare --uts=" + MOUNTED + " true");
        for (int i = 0; i < 40; i++) {
            String mix = MIXES.get(i % MIXES.size());
            PROCESSES.add(TestHost.builder(List.of("sh", "-c", "exec " + mix + " sleep 31350"))
                    .start());
        }
        Boxes.await(
                "forty processes",
                () -> TestHost.processes("sleep 31350").stream()
                                .filter(line -> line.matches("[0-9]+ sleep 31350 ?"))
                                .count()
                        == 40);
        TestHost.jbox("lsns");
        Boxes.await("the archive", () -> TestHost.processes("record-archive").isEmpty());
    }

    @AfterAll
    static void nothingIsLeft() throws IOException, InterruptedException {
        for (Process process : PROCESSES) {
            process.destroyForcibly().waitFor();
        }
        Boxes.await("the end of all", () -> TestHost.processes("sleep 31350").isEmpty());
        Wires.sh("umount " + MOUNTED);
        Files.delete(MOUNTED);
        Wires.sh("ip netns del named && ip netns del empty");
        Wires.forgetNames();
        Originals.forgetUser();
        Boxes.awaitState(before);
    }

    private static List<String> words(String options) {
        String[] all = options.isEmpty() ? new String[0] : options.split(" ");
        return List.of(all);
    }

    private static final String FILTERED = "NS,TYPE,NPROCS,PID,UID,USER,NETNSID,NSFS";
    private static final String EVERY_COLUMN = "NS,TYPE,PATH,NPROCS,PID,PPID,COMMAND,UID,USER,NETNSID,NSFS,PNS,ONS";

    /** Letter by letter. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-l",
                "-n",
                "-r",
                "-u",
                "-W",
                "-t net",
                "-t mnt -t pid",
                "-t user --tree",
                "-Tparent",
                "--tree=owner",
                "--tree=parent",
                "--tree=process",
                "--output-all",
                "--output-all -r",
                "--output-all -n",
                "-o NS,TYPE",
                "-o +PATH",
                "-o ns,type,nprocs",
                "-o " + EVERY_COLUMN,
                "-l -o " + EVERY_COLUMN,
                "-rn -o " + EVERY_COLUMN,
                "-o NS,TYPE,PATH,NPROCS,PID,PPID,COMMAND,UID,USER,NETNSID,NSFS",
                "-o NS,TYPE,NETNSID,NSFS,NPROCS,PID,USER,COMMAND",
                "-p 1",
                "-p 1 -o NS,TYPE,PID",
                "-p 999999"
            })
    void printsWhatTheOriginalPrints(String options) {
        Originals.compare(false, "lsns", words(options));
        Originals.compare(true, "lsns", words(options));
    }

    @Test
    void ofEachProcessAndOfEachNamespace() {
        for (String line : TestHost.processes("sleep 31350").subList(0, 14)) {
            Originals.compare(false, "lsns", List.of("-p", line.split(" ")[0]));
        }
        String[] namespaces = Wires.sh("lsns -n -r -o NS").split("\n");
        for (int i = 0; i < namespaces.length; i += 12) {
            for (List<String> words : List.of(
                    List.of(namespaces[i]),
                    List.of("-l", namespaces[i]),
                    List.of("-l", "-o", EVERY_COLUMN, namespaces[i]))) {
                assertThat(withoutTheListing(Originals.ours("lsns", words)))
                        .isEqualTo(withoutTheListing(Originals.original("lsns", words)));
            }
        }
    }

    /** A filter is for namespaces: it is not passed over where the processes of one are listed. */
    @Test
    void aFilterDoesNotGoWithTheProcessesOfANamespace() {
        Result result = TestHost.jbox("lsns", "-Q", "NPROCS > 0", "4026531836");

        assertThat(result.exitCode()).isNotZero();
        assertThat(result.err()).contains("--filter");
    }

    /** Without the line of the process that lists. */
    private static List<String> withoutTheListing(List<String> command) {
        return TestHost.run(command, Map.of())
                .out()
                .lines()
                .filter(line -> !line.contains("lsns"))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-J", "-J -l", "-J --output-all", "-J -t net", "-J --tree=owner", "-J -p 1"})
    void printsTheSameJson(String options) {
        Result original = TestHost.run(Originals.original("lsns", words(options)), Map.of());
        Result ours = TestHost.run(Originals.ours("lsns", words(options)), Map.of());

        assertThat(json(ours.out())).isEqualTo(json(original.out()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"-t nonsense", "-o NONSENSE", "nonsense", "1", "--nonsense", "-p nonsense", "--tree=nonsense"})
    void failsAsTheOriginalDoes(String options) {
        Result original = Originals.compare(false, "lsns", words(options));
        assertThat(original.exitCode()).isNotZero();
    }

    /** Scene 4, in namespaces of scene 2: only what is in there is seen. */
    @Test
    void insideAPidNamespace() {
        String script = "sleep 31350 & %s -n -r -o TYPE,NPROCS,PID; kill $!";
        List<String> outside = List.of("unshare", "-fpmuin", "--mount-proc", "sh", "-c");
        List<String> original = new ArrayList<>(outside);
        original.add(String.format(script, "lsns"));
        List<String> ours = new ArrayList<>(outside);
        ours.add(String.format(script, "bin/jbox lsns -Q 'NPROCS > 0'"));

        assertThat(TestHost.run(ours, Map.of()).out())
                .isEqualTo(TestHost.run(original, Map.of()).out())
                .contains("pid 3 1");
    }

    @Test
    void whatItMayNotShowIsToldOfOnce() {
        Result asUser = Originals.run(true, Originals.ours("lsns", List.of()));

        assertThat(asUser.exitCode()).isZero();
        assertThat(asUser.err()).matches("jbox: [0-9]+ processes of other users are not listed; .*\n");
        for (String option : List.of("-n", "-J", "-r")) {
            assertThat(Originals.run(true, Originals.ours("lsns", List.of(option)))
                            .err())
                    .as(option)
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "TYPE == \"net\"",
                "TYPE != 'net' and NPROCS > 1",
                "(TYPE =~ \"^u\" or TYPE eq 'mnt') && !(NPROCS >= 5)",
                "NPROCS lt 3 || PID == 1",
                "USER !~ 'root'",
                "not NSFS and TYPE == 'net'",
                "NETNSID",
                "UID == 4242",
                "PID <= 1"
            })
    void filtersByExpressions(String expression) {
        List<Row> expected = new ArrayList<>();
        for (Row row : rows()) {
            if (holds(expression, row)) {
                expected.add(row);
            }
        }
        assertThat(expected).as("a test that can fail").isNotEmpty();

        Result result = TestHost.jbox("lsns", "-rn", "-o", FILTERED, "-Q", "(" + expression + ") and NPROCS > 0");

        assertThat(result.err()).isEmpty();
        assertThat(result.out().lines().map(line -> line.split(" ")[0]).toList())
                .isEqualTo(expected.stream().map(Row::ns).toList());
    }

    /** What the original says of a namespace. */
    private record Row(
            String ns, String type, int processes, int pid, String uid, String user, String netnsid, String nsfs) {}

    private static List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (String line : Wires.sh("lsns -rn -o " + FILTERED).split("\n")) {
            String[] cells = line.split(" ", -1);
            rows.add(new Row(
                    cells[0],
                    cells[1],
                    Integer.parseInt(cells[2]),
                    Integer.parseInt(cells[3]),
                    cells[4],
                    cells[5],
                    cells[6],
                    cells[7]));
        }
        return rows;
    }

    private static String json(String text) {
        try {
            return String.valueOf(JsonReader.read(text));
        } catch (JsonReader.MalformedException e) {
            throw new AssertionError(text, e);
        }
    }

    /** The same expressions, by hand. */
    private static boolean holds(String expression, Row row) {
        return switch (expression) {
            case "TYPE == \"net\"" -> row.type.equals("net");
            case "TYPE != 'net' and NPROCS > 1" -> !row.type.equals("net") && row.processes > 1;
            case "(TYPE =~ \"^u\" or TYPE eq 'mnt') && !(NPROCS >= 5)" ->
                (row.type.startsWith("u") || row.type.equals("mnt")) && row.processes < 5;
            case "NPROCS lt 3 || PID == 1" -> row.processes < 3 || row.pid == 1;
            case "USER !~ 'root'" -> !row.user.contains("root");
            case "not NSFS and TYPE == 'net'" -> row.nsfs.isEmpty() && row.type.equals("net");
            case "NETNSID" -> !row.netnsid.isEmpty();
            case "UID == 4242" -> row.uid.equals("4242");
            default -> row.pid <= 1;
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"NPROCS >", "NOSUCH == 1", "(TYPE == 'net'", "TYPE == 'net", "TYPE =~ '['", "1 1"})
    void aBadExpressionIsAnErrorThatShowsIt(String expression) {
        Result result = TestHost.jbox("lsns", "-Q", expression);

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err()).startsWith("jbox: lsns: ").contains("--filter \"" + expression + "\": expected ");
    }

    /** A namespace lives on by a mount, an open descriptor, a namespace below it, or what a process will put children in. */
    @Test
    void findsWhatNoProcessIsIn() throws IOException {
        Process descriptor = TestHost.builder(List.of(
                        "bash",
                        "-c",
                        "unshare -n sleep 31355 & made=$!;"
                                + " until [ \"$(cat /proc/$made/comm)\" = sleep ]; do :; done; exec 8</proc/$made/ns/net;"
                                + " kill $made; wait $made 2>/dev/null; echo ready; exec sleep 31351"))
                .start();
        assertThat(descriptor.inputReader().readLine()).isEqualTo("ready");
        // A user namespace that only the one below it keeps: who made it has ended.
        Process below = TestHost.builder(List.of(
                        "unshare",
                        "-r",
                        "sh",
                        "-c",
                        "unshare -r sleep 31352 & echo $(readlink /proc/self/ns/user); exit"))
                .start();
        String parent = below.inputReader().readLine();
        Process future = TestHost.builder(List.of("unshare", "-p", "sh", "-c", "true & wait; exec sleep 31353"))
                .start();
        try {
            Boxes.await(
                    "the others",
                    () -> TestHost.processes("sleep 31352").size() == 1
                            && TestHost.processes("sleep 31353").stream()
                                    .anyMatch(line -> line.matches("[0-9]+ sleep 31353 ")));
            Result result = TestHost.jbox("lsns", "-P", "-o", "NS,TYPE,HELD,PATH", "-J");

            String text = result.out().replaceAll("\\s+", " ");
            String net =
                    Wires.sh("stat -Lc %i /proc/" + descriptor.pid() + "/fd/8").trim();
            assertThat(text)
                    .contains("\"ns\": " + net + ", \"type\": \"net\", \"held\": \"descriptor 8 of process "
                            + descriptor.pid() + " (sleep)\"")
                    .contains("\"held\": \"mount " + MOUNTED)
                    .contains("\"held\": \"mount /run/netns/empty")
                    .contains("\"type\": \"pid\", \"held\": \"children of process " + future.pid() + " (sleep)\"")
                    .contains("\"ns\": " + parent.replaceAll("[^0-9]", "")
                            + ", \"type\": \"user\", \"held\": \"user namespace ");
            assertThat(Wires.sh("lsns -n -r -o NS")).doesNotContain(net);
        } finally {
            TestHost.end(descriptor);
            TestHost.end(future);
            Wires.sh("kill " + TestHost.processes("sleep 31352").get(0).split(" ")[0]);
        }
    }

    /** What strace counts: one folder is opened for each process, and nothing of it twice. */
    @Test
    void readsEachProcessOnce() throws IOException {
        Path trace = Path.of("/run/tmp/lsns.trace");
        Wires.sh("JBOX_ARCHIVE=off strace -f -qq -e trace=openat,readlinkat -o " + trace
                + " bin/jbox lsns -p 1 -o NS,TYPE >/dev/null");
        Map<String, Integer> opened = new TreeMap<>();
        for (String line : Files.readAllLines(trace)) {
            Matcher matcher = PROCESS.matcher(line);
            if (matcher.find()) {
                opened.merge(matcher.group(1), 1, Integer::sum);
            }
        }
        Files.delete(trace);
        assertThat(opened).hasSizeGreaterThan(40);
        assertThat(opened.values()).allMatch(times -> times == 1);
    }

    @Test
    void withTheBoxThatANamespaceIsOf() {
        Boxes.jbox("start", Boxes.define("listed", Boxes.idle()));
        try {
            String pid = Boxes.jbox("pid", "listed").out().trim();

            Result result = Boxes.jbox("ns", "ls", "-rn", "-o", "TYPE,PID,BOX", "-p", pid);
            Result lsns = TestHost.run(
                    List.of("lsns", "-p", pid, "-n", "-r", "-o", "NS,TYPE,NETNSID,NSFS,NPROCS,PID,USER,COMMAND"),
                    Map.of());
            Result ours =
                    Boxes.jbox("lsns", "-p", pid, "-n", "-r", "-o", "NS,TYPE,NETNSID,NSFS,NPROCS,PID,USER,COMMAND");

            for (String kind : List.of("mnt", "pid", "uts", "ipc", "net", "cgroup")) {
                assertThat(result.out()).contains(kind + " " + pid + " listed\n");
            }
            assertThat(result.out()).contains("time 1 \n");
            assertThat(ours.out()).isEqualTo(lsns.out());
        } finally {
            Boxes.jbox("stop", "-k", "listed");
        }
    }
}
