package io.jbox.life;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** One program of a box that talks to an agent: what one of the two says is passed on to the other, until both have ended. */
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

    /** Passes on what there is, and says what to wait for. */
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
            // One of the two is gone.
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
            // It is closed nevertheless.
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

        /** @param reads of the channel that it reads from */
        Direction(SocketChannel from, SelectionKey reads, SocketChannel to) {
            this.from = from;
            this.reads = reads;
            this.to = to;
        }

        void pass() throws IOException {
            if (ended) {
                // A channel whose output is shut down cannot be written to, not even nothing.
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

        /** @param other which reads from the channel that this one writes to */
        void waitForMore(Direction other) {
            int room = !read && waiting.hasRemaining() ? SelectionKey.OP_READ : 0;
            int owed = other.waiting.position() > 0 ? SelectionKey.OP_WRITE : 0;
            reads.interestOps(room | owed);
        }
    }
}
