package io.jbox.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.kernel.Fd;
import io.jbox.kernel.FileCalls;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.PathCalls;
import io.jbox.kernel.Pipe;
import io.jbox.problem.JboxException;
import io.jbox.uapi.Constants;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Relays and streams over real pipes. */
@Timeout(20)
class PipeRelayTest {
    private static final byte[] HELLO = "hello".getBytes(StandardCharsets.UTF_8);

    private final Kernel kernel = NativeKernel.open();
    private Pipe box;
    private Pipe caller;

    @BeforeEach
    void open() throws Exception {
        box = Pipe.open(kernel, 0);
        caller = Pipe.open(kernel, 0);
    }

    @AfterEach
    void close() {
        for (Pipe pipe : new Pipe[] {box, caller}) {
            pipe.read().close();
            pipe.write().close();
        }
    }

    @Test
    void copiesUntilTheEndAndClosesThePipe() throws Exception {
        FileCalls.write(box.write(), HELLO);
        box.write().close();
        PipeRelay relay = new PipeRelay(kernel, box.read(), caller.write(), null);
        relay.start();
        relay.finish();
        assertThat(FileCalls.read(caller.read(), 100)).isEqualTo(HELLO);
        assertThat(box.read().isOpen()).isFalse();
    }

    @Test
    void endsWithTheProcessThoughSomebodyKeepsThePipeOpen() throws Exception {
        Pipe process = Pipe.open(kernel, 0);
        FileCalls.write(box.write(), HELLO);
        PipeRelay relay = new PipeRelay(kernel, box.read(), caller.write(), process.read());
        process.write().close();
        relay.start();
        relay.finish();
        process.read().close();
        assertThat(FileCalls.read(caller.read(), 100)).isEqualTo(HELLO);
    }

    @Test
    void aReaderThatHasLeftIsNoError() throws Exception {
        caller.read().close();
        FileCalls.write(box.write(), HELLO);
        PipeRelay relay = new PipeRelay(kernel, box.read(), caller.write(), null);
        relay.start();
        relay.finish();
        assertThat(box.read().isOpen()).isFalse();
    }

    @Test
    void whatCannotBeWrittenIsAnErrorAtTheEnd() throws Exception {
        FileCalls.write(box.write(), HELLO);
        try (Fd full = PathCalls.open(kernel, "/dev/full", Constants.O_WRONLY)) {
            PipeRelay relay = new PipeRelay(kernel, box.read(), full, null);
            relay.start();
            assertThatThrownBy(relay::finish)
                    .isInstanceOf(JboxException.class)
                    .hasMessage(full + ": write: No space left on device (ENOSPC)");
        }
    }

    @Test
    void aStreamReadsWhatIsLeftWhenTheProcessHasEnded() throws Exception {
        FileCalls.write(box.write(), HELLO);
        Pipe process = Pipe.open(kernel, 0);
        process.write().close();
        try (DescriptorStreams.Input in = new DescriptorStreams.Input(kernel, box.read(), process.read())) {
            assertThat(in.readNBytes(HELLO.length)).isEqualTo(HELLO);
            assertThat(in.read()).isNegative();
        }
        process.read().close();
    }

    @Test
    void aClosedStreamSaysSo() throws Exception {
        DescriptorStreams.Output out = new DescriptorStreams.Output(box.write());
        out.write(HELLO);
        out.close();
        out.close();
        assertThatThrownBy(() -> out.write(1)).isInstanceOf(IOException.class).hasMessage("the stream is closed");
        assertThat(FileCalls.read(box.read(), 100)).isEqualTo(HELLO);
    }
}
