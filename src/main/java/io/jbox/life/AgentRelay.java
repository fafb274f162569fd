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
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A socket in a box that leads to a developer's ssh-agent(1) outside, as long as a session lasts. The agent stays outside: it
 * checks the id of its peer, and processes in root's boxes have other ids.
 */
public final class AgentRelay implements AutoCloseable {
    /** The number of connections served at a time; further ones wait. */
    private static final int MOST = 16;
    /** How long to wait for the thread when the session ends. */
    private static final int PATIENCE_MILLIS = 1000;

    private final Kernel kernel;
    private final String agent;
    private final long developer;
    private final Fd folder;
    private final String name;
    private final ServerSocketChannel server;
    private final Selector selector;
    private final SelectionKey newcomers;
    private final Thread thread;
    private volatile boolean ended;

    private AgentRelay(Kernel kernel, String agent, long developer, Fd folder, String name, ServerSocketChannel server)
            throws IOException {
        this.kernel = kernel;
        this.agent = agent;
        this.developer = developer;
        this.folder = folder;
        this.name = name;
        this.server = server;
        this.selector = Selector.open();
        server.configureBlocking(false);
        this.newcomers = server.register(selector, SelectionKey.OP_ACCEPT);
        this.thread = new Thread(this::relay, "jbox-agent");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Makes the socket, and passes on what connects to it.
     *
     * @param agent the path of the agent's own socket, which must belong to the developer
     * @param developer the user's id on the host
     * @param path of the folder that the box also sees
     * @param uid owner of the socket, a host id like gid
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
                // The box cannot list the folder, so it does not know the socket's name before the owner is set.
                String aside = "." + Long.toHexString(new SecureRandom().nextLong());
                server.bind(UnixDomainSocketAddress.of(path + "/" + aside), MOST);
                NodeCalls.changeMode(folder, aside, 0600);
                if (OwnProcess.isRoot(kernel)) {
                    NodeCalls.changeOwner(folder, aside, uid, gid);
                }
                NodeCalls.rename(folder, aside, folder, name);
            } catch (IOException | KernelException e) {
                server.close();
                throw e;
            }
            return new AgentRelay(kernel, agent, developer, folder, name, server);
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

    /** Removes the sockets of sessions that were killed. A socket has the name of its session's process id. */
    private static void removeDead(Fd folder, String path, String own) throws KernelException {
        String[] names = new File(path).list();
        for (String old : names == null ? new String[0] : names) {
            // A name that begins with a dot belongs to a socket that is being made.
            if (!old.startsWith(".") && !new File("/proc/" + old).exists() || old.equals(own)) {
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

    /**
     * One thread, which is never blocked by one of its connections, however slow a program or an agent is. To wake a thread
     * that is, the JVM would send a signal to this process, and jbox passes those on to the command.
     */
    private void relay() {
        try {
            while (!ended) {
                newcomers.interestOps(connections() < MOST ? SelectionKey.OP_ACCEPT : 0);
                selector.select();
                for (SelectionKey key : List.copyOf(selector.selectedKeys())) {
                    if (key == newcomers) {
                        accept();
                    } else if (key.attachment() instanceof AgentConnection connection) {
                        connection.pass();
                    }
                }
                selector.selectedKeys().clear();
            }
        } catch (IOException e) {
            // Without free descriptors no further program can be served.
            return;
        } finally {
            for (SelectionKey key : selector.keys()) {
                AgentConnection.close(key.channel());
            }
            AgentConnection.close(selector);
        }
    }

    /** Counts the open connections. Ended ones stay among the selector's keys until its next select. */
    private int connections() {
        Set<Object> open = new HashSet<>();
        for (SelectionKey key : selector.keys()) {
            if (key.isValid() && key.attachment() instanceof AgentConnection connection) {
                open.add(connection);
            }
        }
        return open.size();
    }

    private void accept() throws IOException {
        SocketChannel program = server.accept();
        if (program == null) {
            return;
        }
        SocketChannel there = null;
        try {
            there = connect();
            if (there != null) {
                new AgentConnection(selector, program, there).pass();
                return;
            }
        } catch (IOException e) {
            // The program in the box sees its connection closed.
            if (there != null) {
                AgentConnection.close(there);
            }
        }
        AgentConnection.close(program);
    }

    /**
     * Whether a path is a socket that the developer owns.
     *
     * @param agent the path
     */
    static boolean isOf(Kernel kernel, String agent, long developer) {
        return isOf(FileStatus.of(kernel, agent), developer);
    }

    private static boolean isOf(@Nullable FileStatus status, long developer) {
        return status != null && status.isSocket() && status.uid().number() == developer;
    }

    /** @return null if it is not a socket that the developer owns */
    private @Nullable SocketChannel connect() throws IOException {
        // The descriptor makes sure that the checked socket is the one to connect to, even if the path changes.
        try (Fd socket = PathCalls.find(kernel, agent, Constants.O_PATH)) {
            if (socket == null || !isOf(FileStatus.of(socket), developer)) {
                return null;
            }
            return SocketChannel.open(UnixDomainSocketAddress.of("/proc/self/fd/" + socket.number()));
        }
    }

    /** Closes all connections at the end of the session. */
    @Override
    public void close() {
        ended = true;
        selector.wakeup();
        try (folder) {
            thread.join(PATIENCE_MILLIS);
            remove(folder, name);
        } catch (KernelException e) {
            // The dead socket stays until the next session removes it.
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
