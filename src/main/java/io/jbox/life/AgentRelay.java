package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NodeCalls;
import io.jbox.kernel.OwnProcess;
import io.jbox.kernel.PathCalls;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import java.io.File;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * A socket in a box that leads to a developer's ssh-agent(1) outside, as long as a session lasts. The agent is not in the box:
 * it asks who connects, and would know nobody with the ids that a box of root's has.
 */
public final class AgentRelay implements AutoCloseable {
    /** Connections at a time; more wait. */
    private static final int MOST = 16;
    /** Of a message, in bytes, on its way. */
    private static final int ROOM = 64 * 1024;

    private final Kernel kernel;
    private final String agent;
    private final long developer;
    private final Fd folder;
    private final String name;
    private final ServerSocketChannel server;
    private final Semaphore free = new Semaphore(MOST);

    private AgentRelay(
            Kernel kernel, String agent, long developer, Fd folder, String name, ServerSocketChannel server) {
        this.kernel = kernel;
        this.agent = agent;
        this.developer = developer;
        this.folder = folder;
        this.name = name;
        this.server = server;
    }

    /**
     * Makes the socket, and passes on what connects to it.
     *
     * @param agent the path of the agent's own socket, which must be the developer's
     * @param developer the user's id on the host
     * @param path of the folder that the box has, too
     * @param uid owner of the socket, on the host, as is gid
     * @throws JboxException if it cannot be made
     */
    static AgentRelay open(Kernel kernel, String agent, long developer, String path, long uid, long gid) {
        String name = OwnProcess.pid(kernel).toString();
        Fd folder = PathCalls.find(kernel, path, Constants.O_PATH);
        if (folder == null) {
            throw new JboxException(path + ": is missing", "jbox dev --stop, and start the box again");
        }
        try {
            removeDead(folder, path, name);
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                server.bind(UnixDomainSocketAddress.of(path + "/" + name), MOST);
                NodeCalls.changeMode(folder, name, 0600);
                if (OwnProcess.isRoot(kernel)) {
                    NodeCalls.changeOwner(folder, name, uid, gid);
                }
            } catch (IOException | KernelException e) {
                server.close();
                throw e;
            }
            AgentRelay relay = new AgentRelay(kernel, agent, developer, folder, name, server);
            start(relay::accept);
            return relay;
        } catch (IOException e) {
            folder.close();
            throw new JboxException(path + ": " + SystemError.of(e));
        } catch (KernelException e) {
            folder.close();
            throw e.about(path);
        }
    }

    /** The variable that tells programs in the box of the socket. */
    public String variable() {
        return Config.Dev.AGENT + "=" + Config.Dev.AGENTS + "/" + name;
    }

    /** Those of sessions that were killed: each is called as its process. */
    private static void removeDead(Fd folder, String path, String own) throws KernelException {
        String[] names = new File(path).list();
        for (String old : names == null ? new String[0] : names) {
            if (!new File("/proc/" + old).exists() || old.equals(own)) {
                remove(folder, old);
            }
        }
    }

    private static void remove(Fd folder, String name) throws KernelException {
        try {
            NodeCalls.remove(folder, name, false);
        } catch (KernelException e) {
            if (!e.is(Errno.ENOENT)) {
                throw e;
            }
        }
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "jbox-agent");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                free.acquire();
                SocketChannel program = server.accept();
                start(() -> {
                    serve(program);
                    free.release();
                });
            }
        } catch (IOException e) {
            // The session has ended.
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Until either of the two has nothing more to say: agents answer each message before the next. */
    private void serve(SocketChannel program) {
        try (program;
                SocketChannel there = connect()) {
            if (there == null) {
                return;
            }
            Thread answers = new Thread(() -> pass(there, program), "jbox-agent");
            answers.setDaemon(true);
            answers.start();
            pass(program, there);
            answers.join();
        } catch (IOException e) {
            // Whoever has connected sees that it is over.
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** @return null if it is no socket of the developer's */
    private @Nullable SocketChannel connect() throws IOException {
        // What is looked at is what is connected to, whatever becomes of the path.
        try (Fd socket = PathCalls.find(kernel, agent, Constants.O_PATH)) {
            FileStatus status = socket == null ? null : FileStatus.of(socket);
            if (socket == null
                    || status == null
                    || !status.isSocket()
                    || status.uid().number() != developer) {
                return null;
            }
            return SocketChannel.open(UnixDomainSocketAddress.of("/proc/self/fd/" + socket.number()));
        }
    }

    private static void pass(SocketChannel from, SocketChannel to) {
        ByteBuffer buffer = ByteBuffer.allocate(ROOM);
        try {
            while (from.read(buffer) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    to.write(buffer);
                }
                buffer.clear();
            }
            to.shutdownOutput();
        } catch (IOException e) {
            // The other direction ends as well: one of the two is gone.
            close(from);
            close(to);
        }
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // It is closed nevertheless.
            return;
        }
    }

    @Override
    public void close() {
        try (folder) {
            remove(folder, name);
            server.close();
        } catch (IOException | KernelException e) {
            // The socket stays without anybody behind it, until the next session removes it.
            return;
        }
    }
}
