package io.jbox.compile;

import static io.jbox.uapi.Syscall.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.config.IdMapping;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Launch;
import io.jbox.kernel.RecordingKernel;
import io.jbox.launch.Effects;
import io.jbox.launch.Launcher;
import io.jbox.plan.Planner;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.program.Plan;
import io.jbox.schema.TestConfigs;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/** What a launch calls, on a kernel that only records. */
class AssemblerTest {
    private static final String YAML = """
            rootfs: {path: /r}
            mount:
              entry:
                - /a b none bind
                - /c d none bind,optional
            """;
    private final List<Long> fileSystems = new ArrayList<>();
    private int nextDescriptor = 10;
    private int reads;

    @Test
    void routesDescriptorsToTheCallsThatUseThem() {
        RecordingKernel kernel = new RecordingKernel((call, arguments) -> answer(call, 0));

        launchAsChild(kernel);

        List<Long> mounted = kernel.made().stream()
                .filter(made -> made.name().equals("fsmount"))
                .map(made -> made.arguments().get(0))
                .toList();
        assertThat(mounted).hasSizeGreaterThan(1).isEqualTo(fileSystems);
    }

    @Test
    void namesTheStepAndTheLineOfTheCallThatFailed() {
        RecordingKernel kernel =
                new RecordingKernel((call, arguments) -> call == Syscall.PIVOT_ROOT ? -Errno.EINVAL : answer(call, 0));

        Assertions.assertThatThrownBy(() -> launchAsChild(kernel)).isInstanceOfSatisfying(JboxException.class, e -> {
            Problem problem = e.problems().get(0);
            assertThat(problem.message())
                    .isEqualTo("test: enter the root file system: pivot_root: Invalid argument (EINVAL)");
            assertThat(problem.place()).hasToString("test.yaml:1:16");
        });
        assertThat(kernel.made()).extracting(RecordingKernel.Made::name).doesNotContain("execve");
    }

    @Test
    void anEarlyEndOfTheSyncPipeEndsTheChild() {
        RecordingKernel kernel = new RecordingKernel((call, arguments) -> call == Syscall.READ ? 0 : answer(call, 0));

        launchAsChild(kernel);

        assertThat(kernel.made()).extracting(RecordingKernel.Made::name).doesNotContain("mount");
    }

    /** clone3 answers 0, so that the walk goes on as the child. */
    private void launchAsChild(RecordingKernel kernel) {
        HostFacts facts = HostFacts.of("x86_64", -1, 40, "/scripts")
                .existing(Set.of("/r"))
                .ids(List.of(IdMapping.range(100_000)))
                .build();
        Plan plan = new Planner(TestConfigs.of(YAML), facts, Launch.init()).plan();
        new Launcher(kernel).launch(plan, Effects.NONE);
    }

    private long answer(Syscall call, long otherwise) {
        return switch (call) {
            case FSOPEN -> {
                fileSystems.add((long) nextDescriptor);
                yield nextDescriptor++;
            }
            case OPENAT, OPENAT2, OPEN_TREE, FSMOUNT, SOCKET, IOCTL -> nextDescriptor++;
            case WAIT4 -> -Errno.ECHILD;
            case READ -> reads++ == 0 ? 1 : 0;
            default -> otherwise;
        };
    }
}
