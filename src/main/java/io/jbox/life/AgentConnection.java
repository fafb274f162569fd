package io.jbox.life;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** Connects one program in a box with an agent: copies bytes in both directions until both sides have ended. */
final class AgentConnection {
    private final Direction asking;
    private final Direction answering;

    /**
     * Takes both channels over.
     *
     * @param selector tells when there is something to do
     */
    AgentConnection(Selector selector, SocketChannel program, SocketChannel agent) throws IOException {
        program.configureBlocking(false);
        agent.configureBlocking(false);
        SelectionKey ours = program.register(selector, 0, this);
        SelectionKey theirs = agent.register(selector, 0, this);
        this.asking = new Direction(program, ours, agent);
        this.answering = new Direction(agent, theirs, program);
    }

    /** Copies what is available, and sets what to wait for next. */
    void pass() {
        try {
            asking.pass();
            answering.pass();
            if (asking.ended && answering.ended) {
                close();
                return;
            }
            asking.waitForMore(answering);
            answering.waitForMore(asking);
        } catch (IOException e) {
            // One of the two sides is gone.
            close();
        }
    }

    private void close() {
        close(asking.from);
        close(answering.from);
    }

    static void close(Closeable channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // The channel is closed even if close() fails.
            return;
        }
    }

    private static final class Direction {
        /** In bytes. */
        private static final int ROOM = 16 * 1024;

        private final SocketChannel from;
        private final SelectionKey reads;
        private final SocketChannel to;
        private final ByteBuffer waiting = ByteBuffer.allocate(ROOM);
        private boolean read;
        private boolean ended;

        /** @param reads selection key of the channel that it reads from */
        Direction(SocketChannel from, SelectionKey reads, SocketChannel to) {
            this.from = from;
            this.reads = reads;
            this.to = to;
        }

        void pass() throws IOException {
            if (ended) {
                // A channel that is shut down for output refuses even an empty write.
                return;
            }
            if (!read && from.read(waiting) < 0) {
                read = true;
            }
            waiting.flip();
            to.write(waiting);
            waiting.compact();
            if (read && waiting.position() == 0) {
                ended = true;
                to.shutdownOutput();
            }
        }

        /** @param other the direction that reads from the channel to which this one writes */
        void waitForMore(Direction other) {
            int room = !read && waiting.hasRemaining() ? SelectionKey.OP_READ : 0;
            int owed = other.waiting.position() > 0 ? SelectionKey.OP_WRITE : 0;
            reads.interestOps(room | owed);
        }
    }
}
