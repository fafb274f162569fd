package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.request.StopRequest;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** On a folder that looks like a cgroup of version 2. */
@Timeout(60)
class FreezerTest {
    @TempDir
    private Path folder;

    private StandIns host;
    private Path cgroup;
    private BoxRecord record;

    @BeforeEach
    void box() throws IOException {
        host = new StandIns(folder);
        cgroup = Files.createDirectories(folder.resolve("cgroup"));
        host.write("cgroup/cgroup.freeze", "0\n");
        host.write("cgroup/cgroup.events", "populated 1\nfrozen 1\n");
        record = recorded();
    }

    private BoxRecord recorded() {
        BoxRecord ran = host.run("web", StandIns.HALTS, StandIns.TIDIES);
        BoxRecord made = host.record(host.spec("web", List.of(cgroup.toString()), Map.of()), BoxState.RUNNING)
                .with(ran.monitor(), ran.init());
        host.state().write(made);
        return made;
    }

    @AfterEach
    void end() {
        host.close();
    }

    private Freezer freezer() {
        return new Freezer(host.registry(host.kernel()));
    }

    private BoxState state() {
        return host.registry(host.kernel()).settler().look("web").state();
    }

    private BoxState written() {
        BoxRecord now = host.registry(host.kernel()).settler().read("web");
        return now == null ? BoxState.STOPPED : now.state();
    }

    @Test
    void standsStillUntilItIsThawed() {
        freezer().freeze("web");
        assertThat(written()).isEqualTo(BoxState.FROZEN);
        assertThat(state()).isEqualTo(BoxState.FROZEN);
        assertThat(host.read("cgroup/cgroup.freeze")).startsWith("1");

        freezer().unfreeze("web");
        assertThat(written()).isEqualTo(BoxState.RUNNING);
        assertThat(state()).isEqualTo(BoxState.RUNNING);
        assertThat(host.read("cgroup/cgroup.freeze")).startsWith("0");
    }

    /** A record says what was last done to a box; the kernel what is true. */
    @Test
    void whoeverElseThawsItIsBelieved() {
        freezer().freeze("web");
        host.write("cgroup/cgroup.freeze", "0\n");

        assertThat(state()).isEqualTo(BoxState.RUNNING);
    }

    @Test
    void whatTheKernelRefusesLeavesItRunning() throws IOException {
        Files.delete(cgroup.resolve("cgroup.freeze"));
        Files.createDirectory(cgroup.resolve("cgroup.freeze"));

        assertThatThrownBy(() -> freezer().freeze("web")).hasMessage("web: cannot be frozen");

        assertThat(written()).isEqualTo(BoxState.RUNNING);
        assertThat(host.alive()).hasSize(2);
    }

    @Test
    void aBoxWithoutSuchACgroupIsNotFrozen() throws IOException {
        Files.delete(cgroup.resolve("cgroup.freeze"));

        assertThatThrownBy(() -> freezer().freeze("web")).hasMessage("web: has no cgroup that can be frozen");
        assertThat(written()).isEqualTo(BoxState.RUNNING);
    }

    @Test
    void whatDoesNotRunIsNeitherFrozenNorThawed() {
        assertThatThrownBy(() -> freezer().freeze("other")).hasMessage("other: is not running");
        assertThatThrownBy(() -> freezer().unfreeze("other")).hasMessage("other: is not running");
    }

    /** A frozen process hears nothing: a stop thaws it. */
    @Test
    void aFrozenBoxIsStopped() throws IOException {
        freezer().freeze("web");

        new Stopper(host.registry(host.kernel(record))).stop("web", StopRequest.orderly());

        assertThat(host.read("cgroup/cgroup.freeze")).startsWith("0");
        assertThat(written()).isEqualTo(BoxState.STOPPED);
        assertThat(host.left()).isEmpty();
    }
}
