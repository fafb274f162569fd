package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.config.BoxFolders;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Source;
import io.jbox.schema.DevSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DevApprovalTest {
    private static final int TERMINALS = 8;

    @TempDir
    private Path folder;

    private BoxFolders boxes;
    private DevApproval approval;

    @BeforeEach
    void open() {
        boxes = new BoxFolders(folder.resolve("boxes").toString());
        approval = new DevApproval(folder.resolve("projects").toString(), boxes);
    }

    private static DevSource.Project project(String file, String box, String text) {
        return new DevSource.Project(
                "/work/" + file, "/work/" + file, box, Map.of(file, text), Place.of(new Source(file, "")));
    }

    @Test
    void manyTerminalsMayComeToOneProjectAtOnce() throws Exception {
        for (int round = 0; round < 50; round++) {
            String box = "box" + round;
            for (Exception e : atOnce(terminal -> project("dev.yaml", box, "same"))) {
                throw e;
            }
        }
    }

    @Test
    void ofManyProjectsAtOnceOneHasTheBox() throws Exception {
        for (int round = 0; round < 20; round++) {
            String box = "box" + round;
            assertThat(atOnce(terminal -> project("dev" + terminal + ".yaml", box, "same")))
                    .hasSize(TERMINALS - 1)
                    .allSatisfy(e -> assertThat(e).hasMessageContaining("which belongs to another project"));
        }
    }

    private interface Terminal {
        DevSource.Project project(int number);
    }

    /** What those were told who may not use their projects. */
    private List<Exception> atOnce(Terminal terminal) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(TERMINALS);
        try {
            List<Callable<Object>> checks = new ArrayList<>();
            for (int i = 0; i < TERMINALS; i++) {
                DevSource.Project project = terminal.project(i);
                checks.add(Executors.callable(() -> approval.check(project, false)));
            }
            List<Exception> refused = new ArrayList<>();
            for (Future<Object> check : threads.invokeAll(checks)) {
                try {
                    check.get();
                } catch (ExecutionException e) {
                    refused.add((Exception) e.getCause());
                }
            }
            return refused;
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aBoxOfFilesIsNobodysProject() throws IOException {
        Files.createDirectories(folder.resolve("boxes/app/rootfs"));

        assertThatThrownBy(() -> approval.check(project("dev.yaml", "app", "a"), true))
                .isInstanceOf(JboxException.class)
                .hasMessageContaining("there is a box \"app\" already");
    }

    @Test
    void whoWasKilledWhileWritingLeavesTheBoxToTheNext() throws IOException {
        Files.createDirectories(folder.resolve("boxes/app"));
        Files.writeString(folder.resolve("boxes/app/.project.new"), "half");

        approval.check(project("dev.yaml", "app", "a"), false);
        assertThat(folder.resolve("boxes/app/.project")).isRegularFile();
        assertThat(folder.resolve("boxes/app/.project.new")).doesNotExist();
    }

    @Test
    void aChangeIsAskedFor() {
        approval.check(project("dev.yaml", "app", "a"), false);

        assertThatThrownBy(() -> approval.check(project("dev.yaml", "app", "b"), false))
                .hasMessageContaining("has changed since it was used last");
        approval.check(project("dev.yaml", "app", "b"), true);
        assertThatCode(() -> approval.check(project("dev.yaml", "app", "b"), false))
                .doesNotThrowAnyException();
    }

    @Test
    void whatIsForgottenIsGoneUnlessTheBoxHasMore() throws IOException {
        approval.check(project("dev.yaml", "app", "a"), false);
        Path box = folder.resolve("boxes/app");
        Files.createFile(box.resolve("config.yaml"));

        approval.forget("app");
        assertThat(box.resolve(".project")).isRegularFile();

        Files.delete(box.resolve("config.yaml"));
        Files.writeString(box.resolve(".project.new"), "half");
        approval.forget("app");
        assertThat(box).doesNotExist();
        approval.forget("app");
    }
}
