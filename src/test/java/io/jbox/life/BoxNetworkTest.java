package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.kernel.StandInKernel;
import io.jbox.nic.Homecoming;
import io.jbox.nic.NicJournal;
import io.jbox.problem.JboxException;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxSpec;
import io.jbox.uapi.Errno;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.assertj.core.groups.Tuple;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Interfaces of the host's that move into boxes that run, and back. */
@Timeout(60)
class BoxNetworkTest {
    private static final String HOME = "host: nic0 up, 1 addresses, 1 routes";
    private static final Set<String> CANNOT_FAIL = Set.of("close", "getpid", "geteuid");

    @TempDir
    private Path folder;

    private StandIns host;
    private BoxRecord record;

    @BeforeEach
    void box() {
        host = new StandIns(folder);
        record = host.run("web", List.of("net", "pid"), List.of());
    }

    @AfterEach
    void end() {
        host.close();
    }

    private StandInKernel kernel() {
        return host.kernel(record).withHardware("nic0");
    }

    private BoxNetwork network(StandInKernel kernel) {
        return new BoxNetwork(host.registry(kernel), "web");
    }

    private boolean isOwed() {
        return NicJournal.of(host.kernel(), host.path("state"), "web").exists();
    }

    private List<BoxSpec.Nic> recorded() {
        return Objects.requireNonNull(host.registry(host.kernel()).settler().read("web"))
                .spec()
                .nics();
    }

    @Test
    void movesInLiveAndIsGivenBack() {
        StandInKernel kernel = kernel();

        network(kernel).move("nic0", "wan0");

        assertThat(kernel.hardware()).startsWith("box: wan0");
        assertThat(recorded()).extracting(BoxSpec.Nic::link).containsExactly("nic0");
        assertThat(isOwed()).isTrue();

        assertThat(network(kernel).giveBack("nic0"))
                .extracting(Homecoming::name, Homecoming::isWhole)
                .containsExactly(Tuple.tuple("nic0", true));
        assertThat(kernel.hardware()).isEqualTo(HOME);
        assertThat(isOwed()).isFalse();
        assertThat(network(kernel).giveBack(null)).isEmpty();
        assertThat(kernel.state()).isEmpty();
    }

    /** Nobody stops the box: its monitor dies. */
    @Test
    void comesHomeWithWhoeverTidiesUp() {
        StandInKernel kernel = kernel();
        network(kernel).move("nic0", null);
        TidyUp tidyUp = new TidyUp(host.registry(kernel));
        assertThat(tidyUp.isAnythingOwed()).isFalse();

        host.killMonitor(record);
        assertThat(tidyUp.isAnythingOwed()).isTrue();
        assertThat(tidyUp.recoverNics(false)).extracting(Homecoming::isWhole).containsExactly(true);

        assertThat(kernel.hardware()).isEqualTo(HOME);
        assertThat(isOwed()).isFalse();
        assertThat(tidyUp.isAnythingOwed()).isFalse();
    }

    private @Nullable JboxException failure(StandInKernel kernel) {
        try {
            network(kernel).move("nic0", "wan0");
            return null;
        } catch (JboxException e) {
            return e;
        } catch (IllegalStateException e) {
            assertThat(e).hasMessageStartingWith("setns: cannot return");
            return new JboxException("lost in another network");
        }
    }

    @Test
    void whateverCallFailsItIsOnTheHostOrInTheJournal() {
        StandInKernel well = kernel();
        network(well).move("nic0", "wan0");
        network(well).giveBack(null);
        host.state().write(record);
        StandInKernel again = kernel();
        network(again).move("nic0", "wan0");
        int calls = again.made().size();
        network(again).giveBack(null);
        for (int i = 0; i < calls; i++) {
            host.state().write(record);
            if (CANNOT_FAIL.contains(again.made().get(i))) {
                continue;
            }
            StandInKernel kernel = kernel().failing(i, Errno.ENOSPC);
            JboxException failure = failure(kernel);
            String what = "call " + i + ", " + kernel.made().get(i) + ": " + failure;
            assertThat(kernel.hardware().equals(HOME) || isOwed()).as(what).isTrue();

            if (failure != null && !String.valueOf(failure.getMessage()).startsWith("lost")) {
                assertThat(kernel.hardware()).as(what).isEqualTo(HOME);
                assertThat(isOwed()).as(what).isFalse();
            }

            network(kernel).giveBack(null);
            assertThat(kernel.hardware()).as(what).isIn(HOME, "host: nic0 down, 1 addresses, 0 routes");
            assertThat(isOwed()).as(what).isFalse();
        }
    }

    @Test
    void whatCannotBeIsRefusedInTheWordsThatWereTyped() {
        StandInKernel kernel = kernel();

        assertThatThrownBy(() -> network(kernel).add(List.of("type=user")))
                .hasMessage("web: type user: cannot be added to a running box");
        assertThatThrownBy(() -> network(kernel).move("nope", null)).hasMessageContaining("nope");
        assertThatThrownBy(() -> network(kernel).add(List.of("type=phys", "lnik=nic0")))
                .hasMessageContaining("unknown key \"lnik\"");
        assertThat(kernel.hardware()).isEqualTo(HOME);
        assertThat(isOwed()).isFalse();
    }

    @Test
    void aBoxWithoutANetworkOfItsOwnGetsNone() {
        host.run("shares", List.of("pid"), List.of());

        assertThatThrownBy(() -> new BoxNetwork(host.registry(kernel()), "shares").move("nic0", null))
                .hasMessage("shares: shares the host's network");
        assertThatThrownBy(() -> new BoxNetwork(host.registry(kernel()), "none").move("nic0", null))
                .hasMessage("there is no box \"none\"");
    }

    /** One that fails keeps nothing else from being done. */
    @Test
    void aScriptIsRunWhenTheBoxHasEnded() {
        String script = "echo \"$LXC_NET_TYPE $LXC_NET_PARENT\" >" + host.path("said") + "; exit 3; :";
        BoxRecord ran =
                host.run("other", List.of("pid"), List.of(new BoxSpec.Nic("veth", "eth0", "br0", "vnope", "", script)));
        host.killMonitor(ran);

        host.registry(host.kernel(ran)).settler().tidyUp("other");

        assertThat(host.read("said")).startsWith("veth");
        assertThat(host.registry(host.kernel()).settler().read("other")).isNull();
    }
}
