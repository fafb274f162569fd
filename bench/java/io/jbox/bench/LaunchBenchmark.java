package io.jbox.bench;

import io.jbox.config.BoxFolders;
import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.facts.Launch;
import io.jbox.facts.NetworkFacts;
import io.jbox.host.HostFactsReader;
import io.jbox.ids.IdPool;
import io.jbox.kernel.NativeKernel;
import io.jbox.launch.BoxProcess;
import io.jbox.launch.Effects;
import io.jbox.launch.Launcher;
import io.jbox.plan.Planner;
import io.jbox.program.Plan;
import io.jbox.schema.ConfigLoader;
import io.jbox.schema.DevSource;
import io.jbox.schema.ImageSource;
import io.jbox.yaml.DocumentCache;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** From a plan to the end of a static {@code true} in six namespaces, in a JVM that is warm. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class LaunchBenchmark {
    private final Launcher launcher = new Launcher(NativeKernel.open());
    private Plan init = new Plan("", Map.of());
    private Plan command = new Plan("", Map.of());

    @Setup
    public void plan() {
        Config config = new ConfigLoader(
                        new DocumentCache(null), new BoxFolders("/var/lib/jbox"), ImageSource.NONE, DevSource.NOBODY)
                .loadWithoutFile(
                        "bench",
                        List.of(
                                "rootfs.path=" + System.getenv("BENCH_ROOTFS"),
                                "init.cmd=/bin/true",
                                "net=[{type: empty, flags: up}]"));
        var facts = new HostFactsReader("rootfs-scripts", List.of()).read(config, List.of(IdMapping.range(IdPool.DEFAULT_FIRST)), NetworkFacts.NONE);
        List<Launch.Stream> streams = List.of(Launch.Stream.NULL, Launch.Stream.NULL, Launch.Stream.NULL);
        init = new Planner(config, facts, new Launch(null, streams, List.of(), null)).plan();
        command = new Planner(config, facts, new Launch(List.of("/bin/true"), streams, List.of(), null)).plan();
    }

    /** {@code true} as PID 1. */
    @Benchmark
    public int launchInit() {
        return launch(init);
    }

    /** {@code true} below the small init of {@code run}. */
    @Benchmark
    public int launchCommand() {
        return launch(command);
    }

    private int launch(Plan plan) {
        try (BoxProcess box = launcher.launch(plan, Effects.NONE)) {
            return box.waitFor();
        }
    }
}
