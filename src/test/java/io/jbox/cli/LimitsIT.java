package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.cgroup.BoxCgroup;
import io.jbox.cgroup.CgroupMounts;
import io.jbox.facts.HostFacts.Hierarchy;
import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a box may use: limits on cgroups of whichever version this host has. */
class LimitsIT {
    @BeforeAll
    static void host() {
        TestHost.require();
    }

    @AfterEach
    void nothingIsLeft() {
        TestHost.jbox("stop", "-k", "small");
        TestHost.jbox("stop", "-k", "other");
        assertThat(Boxes.leftovers()).isEmpty();
    }

    private static Hierarchy with(String controller) {
        for (Hierarchy hierarchy : CgroupMounts.hierarchies()) {
            if (hierarchy.controllers().contains(controller)) {
                return hierarchy;
            }
        }
        assumeTrue(false, "this host has no controller " + controller);
        throw new IllegalStateException();
    }

    private static String file(String controller, String unified, String old) throws IOException {
        Hierarchy hierarchy = with(controller);
        return Files.readString(Path.of(hierarchy.cgroup("small"), hierarchy.unified() ? unified : old))
                .strip();
    }

    @Test
    void whoTakesTooMuchMemoryIsKilledAlone() {
        with("memory");
        Boxes.jbox("start", Boxes.define("small", Boxes.idle(), "limits: {memory: 32M}"));
        Boxes.jbox("start", Boxes.define("other", Boxes.idle()));

        Result hog = TestHost.jbox(
                "exec", "small", "--", "sh", "-c", "dd if=/dev/zero of=/dev/shm/x bs=1M count=200; echo code $?");

        assertThat(hog.out()).isEqualTo("code 137\n");
        assertThat(Boxes.state("small")).isEqualTo("RUNNING");
        assertThat(Boxes.state("other")).isEqualTo("RUNNING");
        assertThat(Boxes.jbox("info", "small").out()).contains("Out of memory: 1 killed\n");
        Boxes.jbox("stop", "-k", "small");
        assertThat(Boxes.jbox("info", "small").out()).contains("Out of memory: 1 killed\n");
        Boxes.jbox("start", "/run/boxes/small.yaml");
        Boxes.jbox("stop", "-k", "small");
        assertThat(Boxes.jbox("info", "small").out()).doesNotContain("Out of memory");
    }

    @Test
    void aBoxThatEndsOutOfMemorySaysSo() throws IOException {
        with("memory");
        Boxes.define("small", "limits: {memory: 16M}", "init: {cmd: [/bin/sh, -c, \"sleep 1; exec tail /dev/zero\"]}");
        Process events =
                TestHost.builder(TestHost.command("events", "--json", "small")).start();
        Boxes.await("the watch", () -> new java.io.File("/run/jbox/small").isDirectory());
        Boxes.jbox("start", "/run/boxes/small.yaml");

        assertThat(TestHost.jbox("wait", "-s", "STOPPED", "small").err())
                .isEqualTo("jbox: small: out of memory: the kernel has killed 1 of its processes\n");
        String line;
        do {
            line = events.inputReader().readLine();
        } while (!line.contains("STOPPED"));

        assertThat(line).contains("\"oom_kills\": 1");
        TestHost.end(events);
        assertThat(Boxes.jbox("info", "small").out())
                .contains("Exit code:     137\n")
                .contains("Out of memory: 1 killed\n");
    }

    @Test
    void aForkBombStaysInside() {
        with("pids");
        Boxes.jbox("start", Boxes.define("small", Boxes.idle(), "limits: {pids: 12}"));

        Result bomb = TestHost.jbox(
                "exec",
                "small",
                "--",
                "sh",
                "-c",
                "i=0; while [ $i -lt 40 ]; do sleep 30 >/dev/null 2>&1 & i=$((i+1)); done");

        assertThat(bomb.err()).contains("can't fork");
        assertThat(TestHost.processes("sleep 30 ").size()).isLessThan(13);
        assertThat(TestHost.run(List.of("sh", "-c", "true & wait"), java.util.Map.of())
                        .exitCode())
                .isZero();
    }

    @Test
    void aCommandIsLimitedAsWell() throws IOException, InterruptedException {
        with("memory");
        String file = Boxes.define("small", "limits: {memory: 32M, pids: 50}");

        Result hog = TestHost.jbox(
                "run", "-f", file, "--", "sh", "-c", "dd if=/dev/zero of=/dev/shm/x bs=1M count=200; echo code $?");

        assertThat(hog.out()).isEqualTo("code 137\n");
        assertThat(hog.err()).contains("jbox: small: out of memory: the kernel has killed 1 of its processes\n");
        Process killed = TestHost.builder(TestHost.command("run", "-f", file, "--", "sleep", "31370"))
                .start();
        Boxes.await("the command", () -> !TestHost.processes("sleep 31370").isEmpty());
        killed.destroyForcibly().waitFor();
        Boxes.await("its end", () -> TestHost.processes("sleep 31370").isEmpty());
        // What a killed jbox could not remove the next one does.
        Boxes.jbox("run", "-f", file, "--", "true");
    }

    @Test
    void everyLimitIsInItsFile() throws IOException {
        with("cpu");
        Boxes.jbox("start", Boxes.define("small", Boxes.idle(), "limits: {memory: 64M, cpus: 0.5, pids: 100}"));

        assertThat(file("memory", "memory.max", "memory.limit_in_bytes")).isEqualTo("67108864");
        assertThat(file("pids", "pids.max", "pids.max")).isEqualTo("100");
        assertThat(file("cpu", "cpu.max", "cpu.cfs_quota_us")).startsWith("50000");
    }

    /** A box that has its cgroup sees it as the root, and cannot loosen its own limits. */
    @Test
    void theBoxesOwnCgroupIsReadOnlyUnlessItIsGivenToIt() {
        String look =
                "cat /proc/self/cgroup | grep '^0:'; cd /sys/fs/cgroup; ls cgroup.procs; mkdir below 2>/dev/null && echo made;"
                        + " echo max 2>/dev/null >pids.max && echo loosened; rmdir below 2>/dev/null; echo end";
        Boxes.jbox("start", Boxes.define("small", Boxes.idle(), "mount: {auto: [proc, 'sys:ro', 'cgroup:ro']}"));
        Boxes.jbox("start", Boxes.define("other", Boxes.idle(), "mount: {auto: [proc, 'sys:ro', 'cgroup:rw']}"));

        assertThat(TestHost.jbox("exec", "small", "--", "sh", "-c", look).out()).isEqualTo("0::/\ncgroup.procs\nend\n");
        assertThat(TestHost.jbox("exec", "other", "--", "sh", "-c", look).out())
                .isEqualTo("0::/\ncgroup.procs\nmade\nend\n");
        // What it leaves below goes with it.
        Boxes.jbox("exec", "other", "--", "mkdir", "/sys/fs/cgroup/left");
        Boxes.jbox("stop", "-k", "other");
        assertThat(TestHost.jbox(
                                "start",
                                Boxes.define("other", "mount: {auto: [proc, cgroup]}", "namespace: {keep: cgroup}"))
                        .err())
                .contains("mount.auto: cgroup")
                .contains("other.yaml:3:");
    }

    @Test
    void theDefaultIsALimitOfProcessesAlone() throws IOException {
        Boxes.jbox("start", Boxes.define("small", Boxes.idle()));

        assertThat(file("pids", "pids.max", "pids.max")).isEqualTo("4096");
        assertThat(file("memory", "memory.max", "memory.limit_in_bytes")).matches("max|9[0-9]{18}");
    }

    @Test
    void aLimitThatIsTooLowToStartIsAnError() {
        with("memory");
        with("pids");
        Result memory = TestHost.jbox("start", Boxes.define("small", Boxes.idle(), "limits: {memory: 64K}"));
        Result run = TestHost.jbox("run", "-f", Boxes.define("small", "limits: {pids: 1}"), "--", "true");

        assertThat(memory.err()).contains("limits.memory: the limit is too low to start", "small.yaml:4:", "2M");
        for (String written : List.of(
                "cgroup: {memory.limit_in_bytes: 64K}\ncgroup2: {memory.max: 64k}",
                "cgroup: {memory.limit_in_bytes: 1048576}\ncgroup2: {memory.max: 1048576}")) {
            assertThat(TestHost.jbox("run", "-f", Boxes.define("small", written), "--", "true")
                            .err())
                    .contains(": the limit is too low to start", "the minimum is 2M");
        }
        assertThat(run.err()).contains("limits.pids: the limit is too low to start", "small.yaml:3:", "2");
        assertThat(TestHost.jbox("run", "sandbox", "-s", "prlimit.as=1000000", "--", "true")
                        .err())
                .contains("prlimit.as: the limit is too low to start", "2500000");
        assertThat(Boxes.jbox("run", "-f", Boxes.define("small", "limits: {pids: 2, memory: 2M}"), "--", "echo", "up")
                        .out())
                .isEqualTo("up\n");
        Boxes.jbox("start", Boxes.define("small", Boxes.idle(), "limits: {pids: 1, memory: 2M}"));
        assertThat(Boxes.state("small")).isEqualTo("RUNNING");
    }

    /** LXC's lxc.cgroup.FILE; lxc.cgroup2.FILE beside it is for hosts of the other kind. */
    @Test
    void filesOfVersion1AreWrittenAsTheyAre() throws IOException {
        Hierarchy cpuset = with("cpuset");
        Hierarchy memory = with("memory");
        assumeTrue(!cpuset.unified() && !memory.unified(), "this host has these controllers in version 2");
        String files = "cgroup: {memory: {limit_in_bytes: 96M, memsw.limit_in_bytes: 96M}, cpuset.cpus: 0}";

        Boxes.jbox("start", Boxes.define("small", Boxes.idle(), files, "cgroup2: {memory.max: 32M}"));

        assertThat(Path.of(memory.cgroup("small"), "memory.limit_in_bytes")).hasContent("" + (96 << 20));
        assertThat(Path.of(cpuset.cgroup("small"), "cpuset.cpus")).hasContent("0");
        assertThat(Path.of(cpuset.cgroup("small"), "cpuset.mems"))
                .hasSameTextualContentAs(Path.of(cpuset.path(), "cpuset.mems"));
        assertThat(Boxes.jbox("exec", "small", "--", "nproc").out()).isEqualTo("1\n");
        Boxes.jbox("stop", "-k", "small");
        assertThat(Path.of(cpuset.cgroup("small"))).doesNotExist();
    }

    /** cgroup.max.depth and cgroup.max.descendants: what cgroups cost the kernel is outside of the box's memory. */
    @Test
    void aBoxMakesSoManyCgroupsAndNoMore() {
        assumeTrue(CgroupMounts.hierarchies().stream().anyMatch(Hierarchy::unified), "no version 2");
        Boxes.jbox("start", Boxes.define("small", Boxes.idle(), "mount: {auto: [proc, sys, cgroup:rw]}"));

        String deep = Boxes.jbox(
                        "exec",
                        "small",
                        "--",
                        "sh",
                        "-c",
                        "cd /sys/fs/cgroup; n=0; while mkdir d 2>/dev/null; do cd d; n=$((n+1)); done; echo $n")
                .out();
        String wide = Boxes.jbox(
                        "exec",
                        "small",
                        "--",
                        "sh",
                        "-c",
                        "cd /sys/fs/cgroup; n=0; while mkdir w$n 2>/dev/null; do n=$((n+1)); done; echo $n")
                .out();

        assertThat(deep).isEqualTo("64\n");
        assertThat(Integer.parseInt(wide.trim())).isBetween(3000, 4096);
        long begun = System.nanoTime();
        Boxes.jbox("stop", "-k", "small");
        assertThat(System.nanoTime() - begun).isLessThan(20_000_000_000L);
    }

    /** Deeper than a path is long. */
    @Test
    void cgroupsOfAnyDepthAreRemoved() {
        Hierarchy unified = CgroupMounts.hierarchies().stream()
                .filter(Hierarchy::unified)
                .findFirst()
                .orElse(null);
        assumeTrue(unified != null, "no version 2");
        String top = unified == null ? "" : unified.path() + "/deep";
        String made = Wires.sh("mkdir " + top + "; perl -e 'chdir \"" + top
                + "\"; for (1..1500) { mkdir \"deeper\"; chdir \"deeper\" or die } print \"made\"'");

        assertThat(made).isEqualTo("made");
        assertThat(new BoxCgroup(List.of(top)).remove()).isTrue();
        assertThat(Path.of(top)).doesNotExist();
    }

    /** What keeps PID 1 of a command from making it is said. */
    @Test
    void aCommandThatCannotBeMadeSaysWhy() {
        Result files = TestHost.jbox("run", "-f", Boxes.define("small", "prlimit: {nofile: 3}"), "--", "true");
        Result processes = TestHost.jbox("run", "-f", Boxes.define("small", "prlimit: {nproc: 1}"), "--", "true");

        assertThat(files.exitCode()).isEqualTo(125);
        assertThat(files.err()).contains("Too many open files (EMFILE)").contains("prlimit.nofile");
        assertThat(processes.exitCode()).isEqualTo(125);
        assertThat(processes.err())
                .contains("Resource temporarily unavailable (EAGAIN)")
                .contains("prlimit.nproc");
    }

    @Test
    void aTableIsSetFromTheCommandLine() {
        String file = Boxes.define("small", "sysctl: {net.ipv4.ip_forward: 1}", "cgroup2: {memory: {high: 60M}}");

        String shown = Boxes.jbox(
                        "config",
                        "show",
                        "-s",
                        "sysctl.net.ipv4.ip_forward=0",
                        "-s",
                        "lxc.cgroup2.memory.low=1M",
                        "-s",
                        "cgroup.cpuset.cpus=0",
                        "-s",
                        "prlimit.nofile=99",
                        file)
                .out();

        assertThat(shown)
                .containsPattern("sysctl.net.ipv4.ip_forward = 0 +# command line")
                .containsPattern("cgroup2.memory.high = 60M +# .*small.yaml:4:")
                .containsPattern("cgroup2.memory.low = 1M +# command line")
                .containsPattern("cgroup.cpuset.cpus = 0 +# command line")
                .containsPattern("prlimit.nofile = 99 +# command line");
    }

    @Test
    void whatCannotBeLimitedIsSaidWithItsLine() {
        Hierarchy memory = with("memory");
        Result devices = TestHost.jbox("start", Boxes.define("small", "cgroup: {devices.deny: a, freezer.state: X}"));
        String table = memory.unified() ? "cgroup" : "cgroup2";
        Result wrong = TestHost.jbox("start", Boxes.define("small", table + ": {memory.high: 60M}"));
        table = memory.unified() ? "cgroup2" : "cgroup";
        Result lost = TestHost.jbox("start", Boxes.define("small", table + ": {memory.no_such_file: 1}"));
        Result unknown = TestHost.jbox("start", Boxes.define("small", "cgroup2: {hugetlb.max: 1}"));
        Result bad = TestHost.jbox("start", Boxes.define("small", "limits: {cpus: lots, pids: -1}"));

        assertThat(wrong.exitCode()).isEqualTo(125);
        assertThat(wrong.err())
                .contains("memory in version " + (memory.unified() ? "2" : "1"))
                .contains("small.yaml:3:")
                .contains("\"limits\"");
        assertThat(lost.err()).contains("set memory.no_such_file").contains("this kernel has no such file");
        assertThat(devices.err())
                .contains("cgroup: {devices: {allow: [\"c 10:200 rwm\"]}}")
                .contains("jbox freeze");
        assertThat(unknown.err())
                .contains("no cgroup with the controller hugetlb")
                .contains("small.yaml:3:");
        assertThat(bad.err()).contains("limits.cpus: \"lots\"").contains("limits.pids: \"-1\"");
    }
}
