package io.jbox.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.facts.HostFacts;
import io.jbox.number.Pid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** On folders with files that look like cgroups. */
class BoxCgroupTest {
    @TempDir
    private Path folder;

    private Path file(String path, String text) throws IOException {
        Path file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private String path(String name) throws IOException {
        return Files.createDirectories(folder.resolve(name)).toString();
    }

    private BoxCgroup cgroup(String... folders) throws IOException {
        List<String> paths = new ArrayList<>();
        for (String name : folders) {
            paths.add(path(name));
        }
        return new BoxCgroup(paths);
    }

    @Test
    void aBoxWithoutCgroupsHasNothing() throws IOException {
        for (BoxCgroup none : List.of(new BoxCgroup(List.of()), cgroup("empty"), new BoxCgroup(List.of("/no/such")))) {
            assertThat(none.canFreeze()).isFalse();
            assertThat(none.isFrozen()).isFalse();
            assertThat(none.isStandingStill()).isFalse();
            assertThat(none.freeze(true)).isFalse();
            assertThat(none.eventsFile()).isNull();
            assertThat(none.memory()).isEqualTo(new BoxCgroup.Memory(-1, -1));
            assertThat(none.oomKills()).isZero();
            assertThat(none.cpuMicros()).isEqualTo(-1);
            assertThat(none.processes()).isEmpty();
            assertThat(none.tasks()).isEmpty();
            assertThat(none.killAll()).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({"cgroup.freeze, 1, 0", "freezer.state, FROZEN, THAWED"})
    void isFrozenAndThawedInEitherVersion(String name, String frozen, String thawed) throws IOException {
        Path freezer = file("b/" + name, thawed + "\n");
        BoxCgroup cgroup = cgroup("a", "b");
        assertThat(cgroup.canFreeze()).isTrue();
        assertThat(cgroup.isFrozen()).isFalse();

        assertThat(cgroup.freeze(true)).isTrue();
        assertThat(freezer).hasContent(frozen);
        assertThat(cgroup.isFrozen()).isTrue();

        assertThat(cgroup.freeze(false)).isTrue();
        assertThat(freezer).hasContent(thawed);
        assertThat(cgroup.isFrozen()).isFalse();
    }

    /** Asked to freeze is not yet frozen. */
    @ParameterizedTest
    @CsvSource({
        "cgroup.events, 'populated 1\nfrozen 0\n', false",
        "cgroup.events, 'populated 1\nfrozen 1\n', true",
        "freezer.state, FREEZING, false",
        "freezer.state, FROZEN, true",
        "freezer.state, THAWED, false"
    })
    void standsStillWhenEveryProcessDoes(String name, String text, boolean still) throws IOException {
        Path file = file("a/" + name, text);

        assertThat(cgroup("a").isStandingStill()).isEqualTo(still);
        assertThat(cgroup("a").eventsFile()).isEqualTo(name.equals("cgroup.events") ? file.toString() : null);
    }

    @Test
    void countsMemoryAsVersion2Does() throws IOException {
        file("a/memory.current", "4096\n");
        file("a/memory.swap.current", "100\n");

        assertThat(cgroup("a").memory()).isEqualTo(new BoxCgroup.Memory(4096, 100));
    }

    @ParameterizedTest
    @CsvSource({"4096, 5000, 4096, 904", "4096, 4000, 4096, 0", "4096, , 4096, -1", "4096, max, 4096, -1"})
    void countsMemoryAsVersion1Does(String ram, String both, long expected, long swap) throws IOException {
        file("a/memory.usage_in_bytes", ram + "\n");
        if (both != null) {
            file("a/memory.memsw.usage_in_bytes", both + "\n");
        }

        assertThat(cgroup("a").memory()).isEqualTo(new BoxCgroup.Memory(expected, swap));
    }

    @Test
    void countsWhoWasKilledForMemoryAndTimeOfProcessors() throws IOException {
        file("a/memory.events", "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 5\n");
        file("a/cpu.stat", "usage_usec 1234567\nuser_usec 1\nsystem_usec 2\n");
        file("b/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n");

        assertThat(cgroup("a").oomKills()).isEqualTo(4);
        assertThat(cgroup("b").oomKills()).isEqualTo(7);
        assertThat(cgroup("a").cpuMicros()).isEqualTo(1_234_567);
        assertThat(cgroup("b").cpuMicros()).isEqualTo(-1);
    }

    @Test
    void hasTheProcessesOfAllCgroupsBelowOnce() throws IOException {
        // 0 is a process of a PID namespace that we do not see.
        file("a/cgroup.procs", "10\n11\n0\n");
        file("a/below/cgroup.procs", "12\n");
        file("a/below/deeper/cgroup.procs", "13\n10\n");
        file("b/cgroup.procs", "11\n14\n");

        assertThat(cgroup("a", "b").processes()).extracting(Pid::number).containsExactlyInAnyOrder(10, 11, 12, 13, 14);
    }

    @Test
    void isEnteredInVersion2WhereItsProcessesAre() throws IOException {
        file("v1/tasks", "");
        file("v2/cgroup.procs", "");
        file("v2/box/cgroup.procs", "");
        BoxCgroup cgroup = cgroup("v1", "v2", "v2/box");

        assertThat(cgroup.enter(42)).isTrue();

        assertThat(folder.resolve("v2/box/cgroup.procs")).hasContent("42");
        assertThat(folder.resolve("v2/cgroup.procs")).isEmptyFile();
        assertThat(folder.resolve("v1/cgroup.procs")).doesNotExist();
        assertThat(cgroup.tasks()).containsExactly(folder + "/v1/tasks");
    }

    /** systemd in a box hands controllers down: such a cgroup takes no process. A folder refuses to be written as well. */
    @Test
    void oneThatTakesNoProcessIsEnteredByALeaf() throws IOException {
        path("a/cgroup.procs");

        assertThat(cgroup("a").enter(42)).isTrue();
        assertThat(folder.resolve("a/.jbox/cgroup.procs")).hasContent("42");

        path("b/cgroup.procs");
        path("b/.jbox/cgroup.procs");
        file("b/.jbox-1", "of the box's");
        assertThat(cgroup("b").enter(42)).isTrue();
        assertThat(folder.resolve("b/.jbox-2/cgroup.procs")).hasContent("42");
    }

    @Test
    void oneWhoseEveryLeafIsTakenIsNotEntered() throws IOException {
        path("a/cgroup.procs");
        path("a/.jbox/cgroup.procs");
        for (int i = 1; i < 8; i++) {
            path("a/.jbox-" + i + "/cgroup.procs");
        }
        file("b/cgroup.procs", "");

        assertThat(cgroup("a", "b").enter(42)).isFalse();
        assertThat(folder.resolve("b/cgroup.procs")).hasContent("42");
    }

    @Test
    void isKilledAtOnceWhereTheKernelCan() throws IOException {
        Path kill = file("b/cgroup.kill", "");

        assertThat(cgroup("a", "b").killAll()).isTrue();
        assertThat(kill).hasContent("1");
    }

    /** One below is all that goes here: what has something below is EBUSY of a cgroup, ENOTEMPTY of a folder. */
    @Test
    void isRemovedWithWhatTheBoxHasMadeBelow() throws IOException {
        path("a/x");
        path("a/y");

        assertThat(cgroup("a", "b").remove()).isTrue();
        assertThat(folder).isEmptyDirectory();
        assertThat(new BoxCgroup(List.of(folder + "/gone")).remove()).isTrue();
    }

    /** A file is in the way here as a process is in a real one. */
    @Test
    void saysWhenOneIsLeft() throws IOException {
        file("a/x/busy", "");

        assertThat(cgroup("a", "b").remove()).isFalse();
        assertThat(folder.resolve("a/x/busy")).exists();
        assertThat(folder.resolve("b")).doesNotExist();
    }

    @Test
    void onlyThoseOfDeadCommandsAreForgotten() throws IOException {
        String parent = HostFacts.Hierarchy.PARENT;
        String ours = parent + "/box~" + ProcessHandle.current().pid();
        path(ours);
        path(parent + "/box");
        path(parent + "/box~2147483647/below");
        path(parent + "/box~slot0");
        path(parent + "/box~slot1");

        BoxCgroup.removeForgotten(
                List.of(
                        new HostFacts.Hierarchy(folder.toString(), true, List.of()),
                        new HostFacts.Hierarchy("/no/such", false, List.of())),
                name -> name.equals("box~slot1"));

        assertThat(folder.resolve(parent)).isDirectoryNotContaining("glob:**2147483647");
        assertThat(folder.resolve(parent + "/box~slot0")).doesNotExist();
        assertThat(folder.resolve(parent + "/box~slot1")).exists();
        assertThat(folder.resolve(ours)).exists();
        assertThat(folder.resolve(parent + "/box")).exists();
    }
}
