package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.config.BoxFolders;
import io.jbox.config.Developer;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.OwnProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who works in a box. */
class DevelopersTest {
    @TempDir
    private Path folder;

    private Developers developers;

    @BeforeEach
    void open() {
        developers = new Developers(
                folder + "/records", folder + "/state", new BoxFolders(folder + "/boxes"), Developers.Use.LOOK);
    }

    private static void rootOnly() {
        assumeTrue(OwnProcess.isRoot(NativeKernel.open()), "only root works for others");
        assumeTrue(System.getenv("SUDO_UID") == null, "sudo says who it is");
    }

    private Developer owner(int uid) throws IOException {
        rootOnly();
        Path project = Files.createDirectory(folder.resolve("project" + uid));
        Files.setAttribute(project, "unix:uid", uid);
        return developers.developer(project.toString());
    }

    @Test
    void ofRootsItIsTheOwnerOfTheProject() throws IOException {
        assertThat(owner(0).name()).isEqualTo("root");
        String[] other = Files.readAllLines(Path.of("/etc/passwd")).stream()
                .map(line -> line.split(":"))
                .filter(account ->
                        account.length > 2 && !account[2].equals("0") && Integer.parseInt(account[2]) < 1_000)
                .findFirst()
                .orElseThrow();
        assertThat(owner(Integer.parseInt(other[2])).name()).isEqualTo(other[0]);
    }

    /** Nobody that the host knows of. */
    @Test
    void oneWithANumberOnlyHasAHomeOfThatNumber() throws IOException {
        assertThat(owner(54_321))
                .extracting(Developer::name, Developer::gid, Developer::home, Developer::shell)
                .containsExactly("user54321", 54_321L, "/home/user54321", "/bin/sh");
    }

    @Test
    void idsThatNoBoxOfRootsHasAreRefused() {
        rootOnly();
        assertThatThrownBy(() -> owner(70_000))
                .hasMessageContaining("has the ids 70000:70000, and a box that root starts");
    }

    @Test
    void aFolderThatIsMissingIsTold() {
        assumeTrue(OwnProcess.isRoot(NativeKernel.open()), "an ordinary user is the developer, wherever");
        assumeTrue(System.getenv("SUDO_UID") == null, "sudo says who it is");
        assertThatThrownBy(() -> developers.developer(folder + "/none"))
                .hasMessageContaining("there is no such folder");
    }

    @Test
    void theAgentsFolderIsBelowTheStates() {
        assertThat(developers.agents("web")).startsWith(folder + "/state");
    }
}
