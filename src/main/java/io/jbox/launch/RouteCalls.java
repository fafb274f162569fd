package io.jbox.launch;

import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.compile.RouteMessage;
import io.jbox.kernel.Kernel;
import io.jbox.netlink.Address;
import io.jbox.netlink.Link;
import io.jbox.netlink.MessageWriter;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.NetworkReader;
import io.jbox.nic.NicJournal;
import io.jbox.plan.Descriptors;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.RouteArg;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Rtnl;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The calls of a plan that go through rtnetlink, and what is written down before an interface moves. */
final class RouteCalls implements AutoCloseable {
    private static final long PAUSE_MILLIS = 10;
    /** How long the kernel may take to be done with the veth of an earlier run. */
    private static final long GONE_MILLIS = 2_000;
    /** One solicitation, one second, and what a bridge takes until it forwards (RFC 4862). */
    private static final long UNIQUE_MILLIS = 10_000;

    private final Kernel kernel;
    private final String box;
    private final Map<Descriptor, NetlinkSocket> sockets = new HashMap<>();
    private final Map<Descriptor, Map<String, Link>> links = new HashMap<>();

    private @Nullable NicJournal journal;

    RouteCalls(Kernel kernel, String box) {
        this.kernel = kernel;
        this.box = box;
    }

    /** Whether a step is one of messages. */
    static boolean has(Step step) {
        for (Call call : step.calls()) {
            if (call.request() != null) {
                return true;
            }
        }
        return false;
    }

    static boolean isSocket(Call call) {
        return call.result() != null
                && call.syscall() == SOCKET
                && call.arguments().get(0) instanceof Arg.Flags family
                && family.flags().contains(AF_NETLINK);
    }

    /** A socket on the host, or in the namespace that the last argument names. */
    void open(Step step, Call call, Holdings open) {
        Descriptor result = call.result();
        if (result == null) {
            return;
        }
        Descriptor namespace = call.last();
        try {
            sockets.put(
                    result, namespace == null ? NetlinkSocket.open(kernel) : NetlinkSocket.openIn(open.get(namespace)));
            links.put(result, new HashMap<>());
        } catch (JboxException e) {
            throw new JboxException(
                    new Problem(box + ": " + step.subject() + ": " + e.getMessage(), step.asked(), null));
        }
    }

    /** All messages of a step, in one datagram. */
    void run(Step step, Holdings open) {
        Call first = step.calls().get(0);
        try {
            Descriptor socket = first.first();
            if (socket == null) {
                throw new IllegalArgumentException(first.notation());
            }
            if (first.outcome() == Call.Outcome.UNTIL_UNIQUE) {
                awaitUnique(step, first, socket);
                return;
            }
            List<MessageWriter> messages = new ArrayList<>();
            for (Call call : step.calls()) {
                messages.add(message(call, socket, open));
            }
            send(step, socket, messages);
            noteMove(request(first));
        } catch (NetlinkException e) {
            throw failure(step, step.calls().get(e.request()), e.errno(), String.valueOf(e.getMessage()));
        }
    }

    private JboxException failure(Step step, Call call, int errno, String text) {
        return new JboxException(new Problem(
                box + ": " + step.subject() + ": " + request(call).type() + ": " + text,
                step.asked(),
                step.hintFor(call.syscall(), errno)));
    }

    private NetlinkSocket socket(Descriptor descriptor) {
        NetlinkSocket socket = sockets.get(descriptor);
        if (socket == null) {
            throw new IllegalArgumentException(descriptor + " is not open");
        }
        return socket;
    }

    /** Where an interface of the host's has gone to: the box may call it anything, but not change its index. */
    private void noteMove(RouteArg.Message message) throws NetlinkException {
        String name = message.name();
        RouteArg.LinkIndex from = message.link();
        if (message.flags().isEmpty()
                && message.has(IFLA_NET_NS_FD)
                && name != null
                && from != null
                && journal != null) {
            journal.moved(from.name(), link(Descriptors.BOX_ROUTES, name).index());
        }
    }

    /** Writes down what an interface of the host's is like, before it moves. */
    void remember(Step step, Effect.Journal effect) {
        try {
            journal = new NicJournal(kernel, effect.file());
            journal.add(
                    box,
                    socket(Descriptors.HOST_ROUTES),
                    link(Descriptors.HOST_ROUTES, effect.link().name()));
        } catch (NetlinkException e) {
            throw new JboxException(
                    new Problem(box + ": " + step.subject() + ": " + e.getMessage(), step.asked(), null));
        }
    }

    private void send(Step step, Descriptor descriptor, List<MessageWriter> messages) throws NetlinkException {
        long end = System.currentTimeMillis() + GONE_MILLIS;
        while (true) {
            try {
                socket(descriptor).requestAll(messages);
                return;
            } catch (NetlinkException e) {
                if (e.errno() != Errno.EEXIST
                        || System.currentTimeMillis() > end
                        || !isVethOfThePast(step.calls().get(e.request()), descriptor)) {
                    throw e;
                }
            }
            pause();
        }
    }

    /** The kernel takes a dead network's interfaces away some time after its last process: cleanup_net(). */
    private boolean isVethOfThePast(Call call, Descriptor descriptor) throws NetlinkException {
        RouteArg.Message message = request(call);
        String name = message.name();
        if (name == null || !message.flags().contains(NLM_F_EXCL)) {
            return false;
        }
        Link link = new NetworkReader(socket(descriptor)).findLink(name);
        return link == null || link.kind().equals("veth");
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitUnique(Step step, Call call, Descriptor descriptor) throws NetlinkException {
        NetworkReader reader = new NetworkReader(socket(descriptor));
        long end = System.currentTimeMillis() + UNIQUE_MILLIS;
        RouteArg.LinkIndex index = request(call).link();
        if (index == null) {
            throw new IllegalArgumentException(call.notation());
        }
        Link link = link(descriptor, index.name());
        while (true) {
            boolean tentative = false;
            for (Address address : reader.addresses(link.index())) {
                if ((address.flags() & Rtnl.IFA_F_DADFAILED) != 0) {
                    throw failure(step, call, Errno.EADDRINUSE, Errno.describe(Errno.EADDRINUSE));
                }
                tentative |= (address.flags() & Rtnl.IFA_F_TENTATIVE) != 0;
            }
            Link now = reader.findLink(link.index());
            if (!tentative || now == null || !now.carrier()) {
                // Without a carrier nobody can be asked.
                return;
            }
            if (System.currentTimeMillis() > end) {
                throw failure(step, call, Errno.ETIMEDOUT, Errno.describe(Errno.ETIMEDOUT));
            }
            pause();
        }
    }

    private static RouteArg.Message request(Call call) {
        RouteArg.Message message = call.request();
        if (message == null) {
            throw new IllegalArgumentException(call.notation());
        }
        return message;
    }

    private Link link(Descriptor descriptor, String name) throws NetlinkException {
        Map<String, Link> known = links.getOrDefault(descriptor, Map.of());
        Link link = known.get(name);
        if (link == null) {
            link = new NetworkReader(socket(descriptor)).findLink(name);
            if (link == null) {
                throw new JboxException(new Problem(
                        box + ": net: \"" + name + "\": " + Errno.describe(Errno.ENODEV),
                        null,
                        "it existed a moment ago"));
            }
            known.put(name, link);
        }
        return link;
    }

    private MessageWriter message(Call call, Descriptor descriptor, Holdings open) throws NetlinkException {
        return new RouteMessage(new Values(descriptor, open)).write(request(call));
    }

    /** What a message is to have that goes through one of the sockets. */
    private final class Values implements RouteMessage.Values {
        private final Descriptor descriptor;
        private final Holdings open;

        Values(Descriptor descriptor, Holdings open) {
            this.descriptor = descriptor;
            this.open = open;
        }

        @Override
        public long of(Arg argument) throws NetlinkException {
            if (argument instanceof Arg.Fd fd) {
                return open.get(fd.descriptor()).number();
            } else if (argument instanceof RouteArg.LinkIndex index) {
                return link(descriptor, index.name()).index();
            }
            throw new IllegalArgumentException(argument.notation());
        }
    }

    @Override
    public void close() {
        sockets.values().forEach(NetlinkSocket::close);
        sockets.clear();
    }
}
