package io.jbox.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.kernel.NativeKernel;
import io.jbox.problem.JboxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where programs are that root executes without looking into them. */
class ProgramFolderTest {
    private static final byte[] PROGRAM = {1, 2, 3};

    @TempDir
    private Path folder;

    private Path cache;
    private ProgramFolder programs;

    @BeforeEach
    void makeCache() throws IOException {
        cache = Files.createDirectory(folder.resolve("cache"));
        programs = new ProgramFolder(NativeKernel.open(), cache.toString(), "/opt/jbox/bin/jbox");
    }

    private void needsRoot() throws IOException {
        assumeTrue(Files.getAttribute(cache, "unix:uid").equals(0), "needs root: nobody else's folder is used");
    }

    private Path own() {
        return cache.resolve("programs/opt/jbox/bin/jbox");
    }

    @Test
    void aProgramIsItsOwnersAlone() throws IOException {
        needsRoot();
        programs.write("exec.box.pp", PROGRAM);
        programs.write("exec.box.pp", PROGRAM);

        assertThat(programs.file("exec.box.pp")).isEqualTo(own() + "/exec.box.pp");
        assertThat(own().resolve("exec.box.pp")).hasBinaryContent(PROGRAM);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(own().resolve("exec.box.pp"))))
                .isEqualTo("rwx------");
        try (var all = Files.list(own())) {
            assertThat(all).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "programs", "programs/opt", "programs/opt/jbox/bin/jbox"})
    void othersCannotWriteOnTheWay(String name) throws IOException {
        needsRoot();
        programs.tried("exec", "box");
        Files.setPosixFilePermissions(cache.resolve(name), PosixFilePermissions.fromString("rwxrwx---"));

        assertThatThrownBy(() -> programs.write("exec.box.pp", PROGRAM))
                .isInstanceOf(JboxException.class)
                .hasMessageContaining(cache.resolve(name) + ": others could write to it, or it is a link");
        assertThat(own().resolve("exec.box.pp")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"programs", "programs/opt", "programs/opt/jbox/bin/jbox"})
    void noLinkIsFollowed(String name) throws IOException {
        needsRoot();
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        Files.createDirectories(cache.resolve(name).getParent());
        Files.createSymbolicLink(cache.resolve(name), elsewhere);

        assertThatThrownBy(() -> programs.write("exec.box.pp", PROGRAM)).isInstanceOf(JboxException.class);
        try (var all = Files.walk(elsewhere)) {
            assertThat(all).noneMatch(Files::isRegularFile);
        }
    }

    @Test
    void aProgramIsRemovedOnce() throws IOException {
        needsRoot();
        programs.write("exec.box.pp", PROGRAM);
        programs.remove("exec.box.pp");
        programs.remove("exec.box.pp");

        assertThat(own().resolve("exec.box.pp")).doesNotExist();
    }

    @Test
    void programsAreFoundByTheirCommandAndBox() throws IOException {
        needsRoot();
        for (String name : List.of("exec.box.pp", "exec.box.ps", "stop.box.k", "exec.box.more.pp", "exec.bo.pp")) {
            programs.write(name, PROGRAM);
        }
        programs.tried("exec", "box");

        assertThat(programs.of("exec", "box")).containsExactlyInAnyOrder("exec.box.pp", "exec.box.ps");
        assertThat(programs.of("exec", "box.more")).containsExactly("exec.box.more.pp");
        assertThat(programs.of("start", "box")).isEmpty();
    }

    @Test
    void programsForOptionsAreAmongThem() throws IOException {
        needsRoot();
        for (String name : List.of(
                "exec.box.pp",
                "exec.box.pp.N.-t",
                "exec.box.pp.-u.7.N",
                "exec.box.pp1.N.-t",
                "exec.box.more.pp.-t.N")) {
            programs.write(name, PROGRAM);
        }

        assertThat(programs.of("exec", "box"))
                .containsExactlyInAnyOrder(
                        "exec.box.pp", "exec.box.pp.N.-t", "exec.box.pp.-u.7.N", "exec.box.pp1.N.-t");
        assertThat(programs.of("exec", "box.pp")).isEmpty();
        assertThat(programs.withOptions("exec", "box"))
                .containsExactlyInAnyOrder("exec.box.pp.N.-t", "exec.box.pp.-u.7.N", "exec.box.pp1.N.-t");
        assertThat(programs.withOptions("exec", "box.more")).containsExactly("exec.box.more.pp.-t.N");
        programs.keepUsed(programs.withOptions("exec", "box"), 1);
        assertThat(programs.of("exec", "box")).hasSize(2).contains("exec.box.pp");
    }

    @Test
    void itIsKnownHowLongAgoItWasTried() throws IOException {
        needsRoot();
        assertThat(programs.sinceTried("exec", "box")).isEqualTo(Long.MAX_VALUE);
        programs.tried("exec", "box");

        assertThat(programs.sinceTried("exec", "box")).isLessThan(60_000);
        assertThat(programs.sinceTried("stop", "box")).isEqualTo(Long.MAX_VALUE);
    }
}
