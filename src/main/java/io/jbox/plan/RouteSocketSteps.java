package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Sign;
import io.jbox.program.Step;

/** Opens sockets for rtnetlink(7). */
final class RouteSocketSteps {
    private static final Descriptor OWN_NETWORK = new Descriptor("own-network");
    private static final Loop.Label BACK_LOOP = new Loop.Label("back");
    /** The size of struct sockaddr_nl in bytes. */
    private static final int ADDRESS = 12;

    private static final Loop.Label EMPTY_LOOP = new Loop.Label("empty");
    private static final Arg.Cell RECEIVED = new Arg.Cell("received", 8);
    private static final long PAUSE_NANOS = 10_000_000;

    private RouteSocketSteps() {}

    /**
     * Opens a socket in this process's network. It is connected to the kernel, so that nobody else can send to it; the
     * kernel may say more of an error than its number.
     */
    static void open(Step.Draft step, Descriptor socket) {
        step.open(socket, SOCKET, flags(AF_NETLINK), flags(SOCK_RAW, SOCK_CLOEXEC), flags(NETLINK_ROUTE));
        connect(step, socket);
    }

    private static void connect(Step.Draft step, Descriptor socket) {
        Arg kernel = struct(
                new Arg.Field("nl_family", 2, flags(AF_NETLINK)),
                Arg.Field.zero(2),
                new Arg.Field("nl_pid", 4, number(0)),
                Arg.Field.zero(4));
        step.call(CONNECT, fd(socket), kernel, number(ADDRESS))
                // Somebody may have sent to it just before: it had an address already.
                .add(Loop.of(
                        EMPTY_LOOP,
                        Branch.when(
                                Call.may(
                                        RECVFROM,
                                        fd(socket),
                                        RECEIVED,
                                        number(RECEIVED.bytes()),
                                        flags(MSG_DONTWAIT),
                                        Arg.nothing(),
                                        number(0)),
                                Sign.NEGATIVE,
                                Jump.leave(EMPTY_LOOP)),
                        Jump.again(EMPTY_LOOP)))
                .tolerate(
                        SETSOCKOPT,
                        fd(socket),
                        flags(SOL_NETLINK),
                        flags(NETLINK_EXT_ACK),
                        struct(new Arg.Field("on", Integer.BYTES, number(1))),
                        number(Integer.BYTES));
    }

    /**
     * Opens a socket in another network, which it belongs to from then on. jbox enters that network for one call.
     */
    static void openIn(Step.Draft step, Descriptor network, Descriptor socket) {
        step.open(OWN_NETWORK, OPENAT, cwd(), text("/proc/thread-self/ns/net"), flags(O_RDONLY, O_CLOEXEC))
                .call(SETNS, fd(network), flags(CLONE_NEWNET))
                .undo(Call.may(SETNS, fd(OWN_NETWORK), flags(CLONE_NEWNET)))
                .add(
                        Call.may(SOCKET, flags(AF_NETLINK), flags(SOCK_RAW, SOCK_CLOEXEC), flags(NETLINK_ROUTE))
                                .opens(socket),
                        // Whatever fails later, jbox must be where it was.
                        Loop.of(
                                BACK_LOOP,
                                Branch.when(
                                        Call.may(SETNS, fd(OWN_NETWORK), flags(CLONE_NEWNET)),
                                        Sign.NOT_NEGATIVE,
                                        Jump.leave(BACK_LOOP)),
                                Times.pause(PAUSE_NANOS),
                                Jump.again(BACK_LOOP)));
        connect(step, socket);
    }
}
