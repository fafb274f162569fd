package io.jbox.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.config.WaitStatus;
import io.jbox.facts.Launch;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.plan.FaultyPlans;
import io.jbox.program.Plan;
import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Many launches at once, and launchers that are killed. */
class StressIT {
    private static final int LAUNCHES = 2_000;
    private static final int THREADS = 4;
    private static final int KILLS = 50;
    private static final Launch TRUE = new Launch(
            List.of("/bin/true"), List.of(Launch.Stream.NULL, Launch.Stream.NULL, Launch.Stream.NULL), List.of(), null);

    private final Kernel kernel = NativeKernel.open();

    @BeforeAll
    static void host() {
        TestHost.require();
    }

    @Test
    void twoThousandLaunchesFromFourThreadsUnderGcPressureLeaveNothing() throws InterruptedException {
        Plan plan = TestHost.plan("examples/configs/bbox-empty.yaml", TRUE);
        Launcher launcher = new Launcher(kernel);
        List<String> before = TestHost.state();
        AtomicInteger left = new AtomicInteger(LAUNCHES);
        AtomicInteger good = new AtomicInteger();
        AtomicBoolean done = new AtomicBoolean();
        Thread garbage = new Thread(() -> {
            List<byte[]> kept = new ArrayList<>();
            while (!done.get()) {
                kept.add(new byte[100_000]);
                if (kept.size() > 500) {
                    kept.clear();
                }
            }
        });
        garbage.start();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(() -> {
                while (left.getAndDecrement() > 0) {
                    try (BoxProcess box = launcher.launch(plan, Effects.NONE)) {
                        good.addAndGet(box.waitFor() == 0 ? 1 : 0);
                    }
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        done.set(true);
        garbage.join();

        assertThat(good).hasValue(LAUNCHES);
        // Each thread's arenas stay mapped for the next launch, without a descriptor.
        Boxes.awaitState(before);
    }

    @Test
    void aBoxDoesNotOutliveTheThreadThatLaunchedIt() throws InterruptedException {
        Plan plan = TestHost.plan(
                "examples/configs/bbox-empty.yaml",
                Launch.init(),
                "init.cmd=[/bin/sleep, 1000]",
                "init.uid=1000",
                "tty.max=0");
        BoxProcess[] box = new BoxProcess[1];
        Thread thread = new Thread(() -> box[0] = new Launcher(kernel).launch(plan, Effects.NONE));
        thread.start();
        thread.join();

        assertThat(WaitStatus.exitCode(box[0].waitFor())).isEqualTo(128 + 9);
        box[0].close();
    }

    @Test
    void aProcessThatIsNeverReleasedDiesWithItsLauncher() throws InterruptedException {
        Plan plan = FaultyPlans.neverReleased(TestHost.plan("examples/configs/bbox-empty.yaml", TRUE));
        Thread thread = new Thread(() -> {
            try (BoxProcess box = new Launcher(kernel).launch(plan, Effects.NONE)) {
                box.waitFor();
            }
        });
        thread.setDaemon(true);
        List<Long> before = children();
        thread.start();
        List<Long> waiting = new ArrayList<>();
        while (waiting.isEmpty()) {
            Thread.onSpinWait();
            waiting = new ArrayList<>(children());
            waiting.removeAll(before);
        }

        // It waits on the sync pipe, as long as it is not told to go on.
        assertThat(ProcessHandle.of(waiting.get(0))).isPresent();
        ProcessHandle.of(waiting.get(0)).orElseThrow().destroyForcibly();
        thread.join(10_000);
        assertThat(thread.isAlive()).isFalse();
    }

    @Test
    void aJvmKilledAtAnyMomentLeavesNothing() throws IOException, InterruptedException {
        Random random = new Random(20_261_101);
        TestHost.jbox("run", "bbox-empty", "--", "true");
        List<String> before = stateOfTheHost();
        for (int i = 0; i < KILLS; i++) {
            String mark = "31" + (10_000 + i);
            String name = i % 2 == 0 ? "bbox-empty" : "sandbox";
            Process process = TestHost.builder(TestHost.command("run", name, "--", "sleep", mark))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.waitFor(random.nextInt(220_000), TimeUnit.MICROSECONDS);
            process.destroyForcibly().waitFor();
            awaitNone("sleep " + mark);
            awaitNone("jbox-init");
        }

        assertThat(stateOfTheHost()).isEqualTo(before);
        assertThat(mountsOfBoxes()).isEmpty();
    }

    /** Without this JVM's own descriptors: it launches nothing itself here, and its collector closes some. */
    private static List<String> stateOfTheHost() {
        return TestHost.state().stream()
                .filter(line -> !line.startsWith("descriptors "))
                .toList();
    }

    private static List<Long> children() {
        return ProcessHandle.current().children().map(ProcessHandle::pid).toList();
    }

    /** The kernel takes a moment to end the processes of a namespace whose first one was killed. */
    private static void awaitNone(String text) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!TestHost.processes(text).isEmpty() && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        assertThat(TestHost.processes(text)).isEmpty();
    }

    private static List<String> mountsOfBoxes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                .filter(line -> line.contains("/var/lib/jbox/"))
                .toList();
    }
}
