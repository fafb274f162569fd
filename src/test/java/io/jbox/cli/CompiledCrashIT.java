package io.jbox.cli;

import static io.jbox.testhost.CompiledBox.must;
import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.CompiledBox;
import io.jbox.testhost.NotedJava;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.Wires;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Many commands at once, by programs and by the JVM, some of which are killed: none has what another has. */
class CompiledCrashIT {
    /** Commands at once: 250 with -Pboth-ways. */
    private static final int WORKERS = Integer.getInteger("jbox.test.crowd", 6);

    private static final int ROUNDS = Integer.getInteger("jbox.crash.rounds", Math.max(2, 72 / WORKERS));
    /** Two processors have as many JVMs to start. */
    private static final int PATIENCE_SECONDS = 60 + WORKERS;
    /** Says whose ids and addresses it has, and from when to when (proc_uptime(5)). */
    private static final String TELLS =
            "read a b </proc/uptime; read in ids n </proc/self/uid_map; set -- $(ip -4 -o addr show eth0);"
                    + " sleep 0.2; read c d </proc/uptime; echo told $ids $4 $a $c";

    private static final Pattern TOLD = Pattern.compile("told (\\d+) (\\S+) (\\S+) (\\S+)");
    private static CompiledBox box;
    private static CompiledBox other;

    /** What a command had, from when to when in seconds. */
    private record Had(String ids, String address, double from, double to) {
        boolean sharesWith(Had that) {
            boolean atOnce = from < that.to && that.from < to;
            return atOnce && (ids.equals(that.ids) || address.equals(that.address));
        }
    }

    @BeforeAll
    static void boxes() {
        TestHost.require();
        NotedJava.make();
        String[] lines = {
            "net: [{type: veth, link: jboxbr0, flags: up, ipv4: {address: auto, gateway: auto}}]", Boxes.idle()
        };
        box = new CompiledBox("crowd", lines);
        other = new CompiledBox("others", lines);
    }

    @AfterAll
    static void forget() {
        NotedJava.sh(
                "export JBOX_PROGRAM=off; $JBOX destroy -f crowd; $JBOX destroy -f others; $JBOX net down --force");
        box.forget();
        other.forget();
    }

    @Test
    void noneHasWhatAnotherHas() throws Exception {
        List<Callable<List<Had>>> workers = new ArrayList<>();
        for (int i = 0; i < WORKERS; i++) {
            Random random = new Random(i);
            workers.add(() -> work(random));
        }
        List<Had> all = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(WORKERS);
        try {
            for (Future<List<Had>> worker : threads.invokeAll(workers)) {
                all.addAll(worker.get());
            }
        } finally {
            threads.shutdownNow();
        }

        assertThat(all).hasSizeGreaterThan(WORKERS * ROUNDS / 4);
        for (int i = 0; i < all.size(); i++) {
            for (int j = i + 1; j < all.size(); j++) {
                assertThat(all.get(i).sharesWith(all.get(j)))
                        .as(all.get(i) + " and " + all.get(j))
                        .isFalse();
            }
        }
        // What was killed is tidied up by who comes next.
        for (String name : List.of("crowd", "others")) {
            NotedJava.sh("export JBOX_PROGRAM=off; $JBOX stop -k " + name + "; $JBOX run " + name + " -- true");
            must("start", name);
            must("exec", name, "--", "true");
            must("stop", "-k", name);
        }
        Boxes.await(
                "a cgroup is left",
                () -> Wires.sh("find /sys/fs/cgroup -name 'crowd*' -o -name 'others*'")
                        .isEmpty());
        Boxes.await("a veth is left", () -> Wires.names().stream().noneMatch(link -> link.startsWith("veth")));
        Boxes.await("a process is left", () -> Boxes.leftovers().isEmpty());
    }

    private static List<Had> work(Random random) throws IOException, InterruptedException {
        List<Had> had = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            String name = random.nextBoolean() ? "crowd" : "others";
            boolean jvm = random.nextInt(4) == 0;
            List<String> words = new ArrayList<>(List.of(NotedJava.JBOX));
            int kind = random.nextInt(4);
            if (kind > 1) {
                words.addAll(List.of("run", name, "--", "sh", "-c", TELLS));
            } else {
                words.addAll(kind == 0 ? List.of("start", name) : List.of("stop", "-k", name));
            }
            File out = File.createTempFile("crowd", null);
            Process process = NotedJava.builder(words, jvm ? Map.of("JBOX_PROGRAM", "off") : Map.of())
                    .redirectOutput(out)
                    .redirectErrorStream(true)
                    .start();
            if (random.nextInt(3) == 0) {
                Thread.sleep(random.nextInt(jvm ? 200 : 12));
                process.destroyForcibly();
            }
            assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .as(words.toString())
                    .isTrue();
            Matcher told = TOLD.matcher(Files.readString(out.toPath(), StandardCharsets.UTF_8));
            if (told.find()) {
                had.add(new Had(
                        told.group(1),
                        told.group(2),
                        Double.parseDouble(told.group(3)),
                        Double.parseDouble(told.group(4))));
            }
        }
        return had;
    }
}
