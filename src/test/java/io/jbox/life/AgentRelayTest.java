package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.OwnProcess;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The way from a box to an agent outside: sockets of an ordinary user, without a box. */
@Timeout(60)
class AgentRelayTest {
    private static final int MOST = 16;

    private final Kernel kernel = NativeKernel.open();

    @TempDir
    private Path folder;

    private long self;
    private Path inside;
    private Path outside;
    private ServerSocketChannel agent;

    /** An agent that says what it is told until nobody says any more, and then goodbye. */
    @BeforeEach
    void agent() throws IOException {
        self = OwnProcess.user(kernel).number();
        inside = Files.createDirectory(folder.resolve("in"));
        outside = folder.resolve("agent");
        agent = listen(outside);
    }

    private static ServerSocketChannel listen(Path path) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path), 2 * MOST);
        Thread thread = new Thread(() -> {
            try {
                while (true) {
                    SocketChannel one = server.accept();
                    new Thread(() -> echo(one)).start();
                }
            } catch (IOException e) {
                return; // closed: the test is over
            }
        });
        thread.setDaemon(true);
        thread.start();
        return server;
    }

    private static void echo(SocketChannel one) {
        try (one) {
            ByteBuffer some = ByteBuffer.allocate(1 << 12);
            while (one.read(some) >= 0) {
                some.flip();
                while (some.hasRemaining()) {
                    one.write(some);
                }
                some.clear();
            }
            one.write(ByteBuffer.wrap("bye".getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            return; // the other end is gone
        }
    }

    @AfterEach
    void end() throws IOException {
        agent.close();
    }

    private AgentRelay open(long developer) {
        return AgentRelay.open(
                kernel,
                outside.toString(),
                developer,
                inside.toString(),
                self,
                OwnProcess.group(kernel).number());
    }

    private Path socket(AgentRelay relay) {
        String variable = relay.variable();
        assertThat(variable).startsWith("SSH_AUTH_SOCK=/run/jbox-agent/");
        return inside.resolve(variable.substring(variable.lastIndexOf('/') + 1));
    }

    private SocketChannel connect(AgentRelay relay) throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(socket(relay)));
    }

    /** Not by a stream, which would keep others from writing meanwhile. */
    private static byte[] rest(SocketChannel channel) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer some = ByteBuffer.allocate(1 << 16);
        while (channel.read(some) >= 0) {
            all.write(some.array(), 0, some.position());
            some.clear();
        }
        return all.toByteArray();
    }

    private static String ask(SocketChannel channel, String question) throws IOException {
        channel.write(ByteBuffer.wrap(question.getBytes(StandardCharsets.US_ASCII)));
        return new String(Channels.newInputStream(channel).readNBytes(question.length()), StandardCharsets.US_ASCII);
    }

    @Test
    void whatIsSaidIsPassedOnBothWays() throws IOException {
        try (AgentRelay relay = open(self);
                SocketChannel program = connect(relay)) {
            assertThat(ask(program, "hello")).isEqualTo("hello");
            assertThat(ask(program, "again")).isEqualTo("again");
            program.shutdownOutput();
            assertThat(new String(rest(program), StandardCharsets.US_ASCII)).isEqualTo("bye");
        }
    }

    /** More than the relay and the kernel have room for. */
    @Test
    void nothingIsLostWhereBothAreSlow() throws Exception {
        byte[] much = new byte[3 << 20];
        new Random(7).nextBytes(much);
        try (AgentRelay relay = open(self);
                SocketChannel program = connect(relay)) {
            Thread writer = new Thread(() -> {
                try {
                    ByteBuffer left = ByteBuffer.wrap(much);
                    while (left.hasRemaining()) {
                        program.write(left);
                    }
                    program.shutdownOutput();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            writer.start();
            Thread.sleep(100);
            byte[] all = rest(program);
            writer.join();
            assertThat(all).hasSize(much.length + 3);
            assertThat(all).startsWith(much);
        }
    }

    @Test
    void oneThatIsSilentDoesNotKeepOthersFromTheirs() throws IOException {
        List<SocketChannel> open = new ArrayList<>();
        try (AgentRelay relay = open(self)) {
            for (int i = 0; i < MOST; i++) {
                open.add(connect(relay));
                assertThat(ask(open.get(i), "n" + i)).isEqualTo("n" + i);
            }
            // One more waits until another one has ended.
            SocketChannel late = connect(relay);
            open.add(late);
            late.write(ByteBuffer.wrap("late".getBytes(StandardCharsets.US_ASCII)));
            assertThat(ask(open.get(0), "again")).isEqualTo("again");
            late.configureBlocking(false);
            assertThat(late.read(ByteBuffer.allocate(4))).isZero();
            late.configureBlocking(true);
            open.get(3).close();
            assertThat(Channels.newInputStream(late).readNBytes(4)).asString().isEqualTo("late");
        } finally {
            for (SocketChannel channel : open) {
                channel.close();
            }
        }
    }

    @Test
    void theSocketIsThePersonsAloneAndGoesWithTheSession() throws IOException {
        Path socket;
        SocketChannel program;
        try (AgentRelay relay = open(self)) {
            socket = socket(relay);
            program = connect(relay);
            assertThat(ask(program, "hello")).isEqualTo("hello");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                    .isEqualTo("rw-------");
            assertThat(inside.toFile().list()).hasSize(1);
        }
        assertThat(socket).doesNotExist();
        assertThat(rest(program)).isEmpty();
        program.close();
    }

    /** Whoever connects sees that nobody is there, and the relay serves the next one. */
    @Test
    void anAgentThatIsGoneOrAnothersIsNotConnectedTo() throws IOException {
        try (AgentRelay relay = open(self)) {
            Files.delete(outside);
            try (SocketChannel program = connect(relay)) {
                assertThat(rest(program)).isEmpty();
            }
            Files.writeString(outside, "no socket");
            try (SocketChannel program = connect(relay)) {
                assertThat(rest(program)).isEmpty();
            }
            Files.delete(outside);
            agent.close();
            agent = listen(outside);
            try (SocketChannel program = connect(relay)) {
                assertThat(ask(program, "hello")).isEqualTo("hello");
            }
        }
        try (AgentRelay relay = open(self + 1);
                SocketChannel program = connect(relay)) {
            assertThat(rest(program)).isEmpty();
        }
        assertThat(AgentRelay.isOf(kernel, outside.toString(), self)).isTrue();
        assertThat(AgentRelay.isOf(kernel, outside.toString(), self + 1)).isFalse();
        assertThat(AgentRelay.isOf(kernel, inside.toString(), self)).isFalse();
        assertThat(AgentRelay.isOf(kernel, folder + "/none", self)).isFalse();
    }

    @Test
    void socketsOfSessionsThatWereKilledAreRemoved() throws IOException {
        Path dead = Files.createFile(inside.resolve("4194305"));
        Path made = Files.createFile(inside.resolve(".half"));
        Path alive = Files.createFile(inside.resolve("1"));

        open(self).close();

        assertThat(dead).doesNotExist();
        assertThat(made).exists();
        assertThat(alive).exists();
    }

    @Test
    void withoutItsFolderThereIsNone() throws IOException {
        Files.delete(inside);
        assertThatThrownBy(() -> open(self)).hasMessageContaining(inside + ": is missing");
    }
}
