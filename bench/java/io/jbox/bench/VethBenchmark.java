package io.jbox.bench;

import io.jbox.bridge.Networks;
import io.jbox.config.BoxFolders;
import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.facts.Launch;
import io.jbox.facts.NetworkFacts;
import io.jbox.facts.NetworkFolders;
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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The launch of a static {@code true} with and without a veth that has an address and a gateway, in a JVM that is warm. With
 * a pause before each: the kernel takes dead networks down in the background, with the lock that the next one wants.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 1, time = 2)
@Measurement(iterations = 3, time = 5)
public class VethBenchmark {
    private static final int PLANS = 600;
    private static final int WARM_UP = 400;
    private static final long PAUSE_MILLIS = 40;

    private final Launcher launcher = new Launcher(NativeKernel.open());
    /** Each with a name of its own for the host's end. */
    private final List<Plan> plans = new ArrayList<>();

    private int next;

    /** The interface. */
    @Param({"empty", "veth"})
    public String net = "";

    @Setup(Level.Trial)
    public void plan() {
        String veth = "net=[{type: veth, link: " + System.getenv("BENCH_BRIDGE")
                + ", flags: up, ipv4: {address: 10.7.0.200/24, gateway: 10.7.0.1}}]";
        Config config = new ConfigLoader(
                        new DocumentCache(null), new BoxFolders("/var/lib/jbox"), ImageSource.NONE, DevSource.NOBODY)
                .loadWithoutFile(
                        "bench",
                        List.of(
                                "rootfs.path=" + System.getenv("BENCH_ROOTFS"),
                                "init.cmd=/bin/true",
                                net.equals("veth") ? veth : "net=[{type: empty, flags: up}]"));
        Networks networks = new Networks(
                NativeKernel.open(),
                new NetworkFolders("/run/jbox", "/run/jbox/.lasting", "/nonexistent"),
                new DocumentCache(null));
        List<Launch.Stream> streams = List.of(Launch.Stream.NULL, Launch.Stream.NULL, Launch.Stream.NULL);
        Launch launch = new Launch(null, streams, List.of(), null);
        for (int i = 0; i < PLANS; i++) {
            NetworkFacts facts = networks.facts(Networks.Wanted.of(config), Networks.Purpose.RUN, box -> false);
            plans.add(new Planner(
                            config, new HostFactsReader("rootfs-scripts", List.of()).read(config, List.of(IdMapping.range(IdPool.DEFAULT_FIRST)), facts), launch)
                    .plan());
        }
        for (int i = 0; i < WARM_UP; i++) {
            launch();
        }
    }

    @Setup(Level.Invocation)
    public void pause() throws InterruptedException {
        Thread.sleep(PAUSE_MILLIS);
    }

    @Benchmark
    public int launch() {
        try (BoxProcess box = launcher.launch(plans.get(next++ % PLANS), Effects.NONE)) {
            return box.waitFor();
        }
    }
}
