package io.jbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.config.Config;
import io.jbox.life.BoxEvent;
import io.jbox.life.BoxEvents;
import io.jbox.problem.JboxException;
import io.jbox.request.ExecRequest;
import io.jbox.request.RunRequest;
import io.jbox.request.Settings;
import io.jbox.request.StartRequest;
import io.jbox.request.StopRequest;
import io.jbox.state.BoxState;
import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** jbox as a library, in one JVM. */
class LibraryIT {
    private List<String> before = List.of();

    @BeforeAll
    static void host() {
        TestHost.require();
        Boxes.jbox("ls");
    }

    @BeforeEach
    void look() {
        before = TestHost.state();
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(Boxes.leftovers()).isEmpty();
        Boxes.awaitState(before);
    }

    @Test
    @Tag("jdk25")
    void runsAProgramInABoxOfItsOwn() throws IOException {
        try (Jbox jbox = jbox()) {
            Config config = jbox.load(jbox.find("sandbox"), List.of());
            try (BoxCommand command =
                    jbox.command(RunRequest.piped(config, "sh", "-c", "read x; echo got $x; exit 3"))) {
                try (OutputStream in = command.standardInput()) {
                    in.write("this\n".getBytes(StandardCharsets.UTF_8));
                }
                try (InputStream out = command.standardOutput()) {
                    assertThat(new String(out.readAllBytes(), StandardCharsets.UTF_8))
                            .isEqualTo("got this\n");
                }
                assertThat(command.waitFor()).isEqualTo(3);
            }
        }
    }

    private static Jbox jbox() {
        return new Jbox(Settings.ofRoot(Path.of("").toAbsolutePath().toString()));
    }

    @Test
    @Tag("jdk25")
    void startExecStop() throws IOException {
        try (Jbox jbox = jbox()) {
            Box box = jbox.start(StartRequest.of(Boxes.define("lib1", Boxes.patient())));
            assertThat(box.state()).isEqualTo(BoxState.RUNNING);
            try (BoxCommand command = box.exec(ExecRequest.piped("tr", "a-z", "A-Z"))) {
                try (OutputStream in = command.standardInput()) {
                    in.write("hello".getBytes(StandardCharsets.UTF_8));
                }
                try (InputStream out = command.standardOutput()) {
                    assertThat(out.readAllBytes()).asString().isEqualTo("HELLO");
                }
                command.standardError().close();
                assertThat(command.waitFor()).isZero();
            }
            assertThatThrownBy(() -> box.exec(ExecRequest.piped("no-such")))
                    .isInstanceOfSatisfying(
                            JboxException.class, e -> assertThat(e.exitCode()).isEqualTo(JboxException.NOT_FOUND));
            box.stop(StopRequest.orderly());
            assertThat(box.state()).isEqualTo(BoxState.STOPPED);
            assertThat(box.exitCode()).isZero();
        }
    }

    /** PDEATHSIG is sent when the thread ends that made a child: a pool's thread may. */
    @Test
    @Tag("jdk25")
    void aCommandOutlivesTheThreadThatBeganIt() throws IOException, InterruptedException {
        try (Jbox jbox = jbox()) {
            Box box = jbox.start(StartRequest.of(Boxes.define("lib3", Boxes.idle())));
            List<BoxCommand> commands = new ArrayList<>();
            Thread thread = new Thread(() -> commands.add(box.exec(ExecRequest.piped("cat"))), "short-lived");
            thread.start();
            thread.join();
            // The kernel's own thread ends a moment after Java's.
            Boxes.await("the end of the thread", () -> !TestHost.threads().contains("short-lived"));

            try (BoxCommand command = commands.get(0)) {
                try (OutputStream in = command.standardInput()) {
                    in.write("still here".getBytes(StandardCharsets.UTF_8));
                }
                try (InputStream out = command.standardOutput()) {
                    assertThat(out.readAllBytes()).asString().isEqualTo("still here");
                }
                command.standardError().close();
                assertThat(command.waitFor()).isZero();
            }
            box.stop(StopRequest.now());
        }
    }

    @Test
    @Tag("jdk25")
    void aCommandThatNobodyWaitsForDoesNotKeepTheBoxFromStopping() throws IOException {
        try (Jbox jbox = jbox()) {
            Box box = jbox.start(StartRequest.of(Boxes.define("lib3", Boxes.idle())));
            BoxCommand command = box.exec(ExecRequest.piped("true"));
            try (InputStream out = command.standardOutput()) {
                assertThat(out.readAllBytes()).isEmpty();
            }

            box.stop(StopRequest.now());

            assertThat(command.waitFor()).isZero();
            command.close();
        }
    }

    @Test
    @Tag("jdk25")
    void hundredsAtOnce() throws InterruptedException, ExecutionException, TimeoutException {
        try (Jbox jbox = jbox()) {
            List<Box> boxes = new ArrayList<>();
            List<CompletableFuture<Integer>> ends = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                Box box = jbox.start(StartRequest.of(Boxes.define("many" + i, Boxes.idle())));
                boxes.add(box);
                ends.add(box.ended().toCompletableFuture());
            }
            assertThat(ends).noneMatch(CompletableFuture::isDone);
            for (Box box : boxes) {
                box.kill(9);
            }
            for (CompletableFuture<Integer> end : ends) {
                assertThat(end.get(20, TimeUnit.SECONDS)).isEqualTo(137);
            }
            assertThat(boxes).allMatch(box -> box.state() == BoxState.STOPPED);
        }
    }

    /** A thousand one after another, each with ids, a cgroup and mounts of its own: no trace of any is left. */
    @Test
    void aThousandComeAndGo() throws IOException {
        Path book = Path.of("/var/lib/jbox/.ids/book");
        try (Jbox jbox = jbox()) {
            String file = Boxes.define("come0", Boxes.idle(), "limits: {pids: 10}");
            for (int i = 0; i < 1000; i++) {
                StartRequest request = new StartRequest(
                        file,
                        List.of("name=come" + i),
                        false,
                        null,
                        StartRequest.of(file).observer());
                Box box = jbox.start(request);
                box.stop(StopRequest.now());
                box.destroy(false);
            }
        }
        assertThat(book).content().doesNotContain("come");
        assertThat(Path.of("/run/jbox").toFile().list((folder, name) -> name.startsWith("come")))
                .isEmpty();
    }

    @Test
    @Tag("jdk25")
    void eventsAndWaiting() {
        try (Jbox jbox = jbox();
                BoxEvents events = jbox.events("lib2")) {
            Box box = jbox.start(StartRequest.of(Boxes.define("lib2", Boxes.idle())));
            assertThat(box.await(Set.of(BoxState.RUNNING), Duration.ZERO)).isTrue();
            assertThat(box.await(Set.of(BoxState.STOPPED), Duration.ofMillis(50)))
                    .isFalse();
            box.stop(StopRequest.now());

            List<BoxState> states = new ArrayList<>();
            for (BoxEvent event = events.next(1000); event != null; event = events.next(200)) {
                states.add(event.state());
            }
            assertThat(states)
                    .containsExactly(BoxState.STARTING, BoxState.RUNNING, BoxState.STOPPING, BoxState.STOPPED);
        }
    }

    @Test
    @Tag("jdk25")
    void namesThatAreNoneLeadNowhere() {
        try (Jbox jbox = jbox()) {
            for (String name : List.of("", ".", "..", "../x", "a/b", "-x", "a\nb")) {
                assertThatThrownBy(() -> jbox.box(name))
                        .isInstanceOf(JboxException.class)
                        .hasMessageContaining("is not a box name");
            }
        }
    }
}
