package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Namespace;
import io.jbox.config.PublishedPort;
import io.jbox.facts.Caller;
import io.jbox.facts.RelayRequest;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Fork;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Syscall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Plans the program that forwards connections from ports on the host's loopback to ports on a box's. It listens before
 * it enters the box's network, so its listening sockets are on the host and its connections are in the box; by then it
 * has no privileges. Each connection has two processes of a few pages, one for each direction; all of them end with the
 * pipe on standard input.
 */
public final class RelayPlanner {
    private static final Loop.Label TIED_LOOP = new Loop.Label("tied");
    private static final int BACKLOG = 128;
    private static final int SHUT_WR = 1;
    private static final int SHUT_RDWR = 2;
    private static final int ADDRESS = 16;
    private static final byte[] LOOPBACK = {127, 0, 0, 1};
    private static final Arg SOL_SOCKET = new Arg.Named("SOL_SOCKET", 1);
    private static final Arg SO_REUSEADDR = new Arg.Named("SO_REUSEADDR", 2);
    /** A pause when connections cannot be accepted because too many files are open. */
    private static final Arg MOMENT = Times.nanos(100_000_000);

    private static final Arg BUFFER = Scratch.content();
    private static final Arg.Cell BYTE = new Arg.Cell("byte", 8);
    private static final Arg.Cell TAKEN = new Arg.Cell("taken", 8);
    private static final Arg.Cell OTHER = new Arg.Cell("other", 8);
    private static final Arg.Cell COUNT = new Arg.Cell("count", 8);
    private static final Arg.Cell WRITTEN = new Arg.Cell("written", 8);

    private final RelayRequest request;
    private final ToolSteps tool;

    public RelayPlanner(Caller caller, RelayRequest request) {
        this.request = request;
        this.tool = new ToolSteps("jbox-relay", caller);
    }

    /**
     * Plans it.
     *
     * @param arguments as ps shows them
     * @param given the namespaces that are entered
     */
    public Plan plan(List<String> arguments, List<Descriptor> given) {
        Plan.Draft plan = new Plan.Draft("relay");
        tool.become(plan, arguments, given);
        List<Step> steps = plan.at(Phase.LIVE);
        steps.add(tool.begin(given));
        for (PublishedPort port : request.ports()) {
            steps.add(listen(port));
        }
        if (request.user()) {
            steps.add(enter(Namespace.USER));
        }
        steps.add(enter(Namespace.NET));
        ToolSteps.credentials(steps, request.uid(), request.gid(), true);
        steps.add(CredentialSteps.capset(ToolSteps.step("drop all capabilities"), Set.of(), Set.of())
                .call(PRCTL, flags(PR_SET_NO_NEW_PRIVS), number(1), number(0), number(0), number(0))
                .build());
        steps.add(ToolSteps.step("say that it is ready")
                .add(Scratch.map())
                // The kernel reaps children, and a closed reader ends only a connection, not a process.
                .add(ToolSteps.ignore(Constants.SIGCHLD), ToolSteps.ignore(Constants.SIGPIPE))
                .call(WRITE, number(1), text("1"), number(1))
                .tolerate(CLOSE, number(1))
                .tolerate(CLOSE, number(2))
                .build());
        steps.add(ToolSteps.step("end with the pipe")
                .add(fork(List.of(
                        Loop.of(
                                TIED_LOOP,
                                Branch.when(
                                        Call.may(READ, number(0), BYTE, number(1)),
                                        Sign.NOT_POSITIVE,
                                        Jump.leave(TIED_LOOP)),
                                Jump.again(TIED_LOOP)),
                        Call.may(KILL, number(0), flags(SIGKILL)))))
                .build());
        for (PublishedPort port : request.ports().subList(1, request.ports().size())) {
            steps.add(serving(port).add(fork(List.of(serve(port)))).build());
        }
        PublishedPort first = request.ports().get(0);
        steps.add(serving(first).add(serve(first)).build());
        return plan.build();
    }

    private static Statement fork(List<Statement> body) {
        return Fork.of(Call.may(CLONE, flags(SIGCHLD), number(0), number(0), number(0), number(0)), body);
    }

    private static Step enter(Namespace namespace) {
        return ToolSteps.step("enter the box's " + namespace.label() + " namespace")
                .call(SETNS, fd(Descriptors.namespace(namespace)), flags(namespace.flag()))
                .build();
    }

    private static Descriptor listener(PublishedPort port) {
        return new Descriptor("listener-" + port.host());
    }

    private static Step listen(PublishedPort port) {
        Descriptor listener = listener(port);
        Arg one = struct(new Arg.Field("on", Integer.BYTES, number(1)));
        return ToolSteps.step("listen on 127.0.0.1:" + port.host())
                .open(listener, SOCKET, flags(AF_INET), flags(SOCK_STREAM, SOCK_CLOEXEC), number(0))
                .call(SETSOCKOPT, fd(listener), SOL_SOCKET, SO_REUSEADDR, one, number(Integer.BYTES))
                .call(BIND, fd(listener), address(port.host()), number(ADDRESS))
                .call(LISTEN, fd(listener), number(BACKLOG))
                .build();
    }

    /** struct sockaddr_in (ip(7)). */
    private static Arg address(int port) {
        ByteBuffer bytes = ByteBuffer.allocate(ADDRESS).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putShort((short) Constants.AF_INET).order(ByteOrder.BIG_ENDIAN);
        bytes.putShort((short) port).put(LOOPBACK);
        return new DataArg.Data("127.0.0.1:" + port, bytes.array());
    }

    private static Step.Draft serving(PublishedPort port) {
        return ToolSteps.step("pass on what comes to 127.0.0.1:" + port.host());
    }

    private static Loop serve(PublishedPort port) {
        Loop.Label loop = new Loop.Label("serve-" + port.host());
        return Loop.of(
                loop,
                Branch.when(
                        Call.may(ACCEPT4, fd(listener(port)), Arg.nothing(), Arg.nothing(), flags(SOCK_CLOEXEC))
                                .into(TAKEN),
                        Sign.NEGATIVE,
                        Call.may(PPOLL, Arg.nothing(), number(0), MOMENT, Arg.nothing(), ToolSteps.SIGNAL_SET),
                        Jump.again(loop)),
                fork(connection(port)),
                Call.may(CLOSE, new Arg.ValueOf(TAKEN)),
                Jump.again(loop));
    }

    private static List<Statement> connection(PublishedPort port) {
        Statement exit = Call.may(Syscall.EXIT, number(0));
        List<Statement> body = new ArrayList<>();
        body.add(Branch.when(
                Call.may(SOCKET, flags(AF_INET), flags(SOCK_STREAM, SOCK_CLOEXEC), number(0))
                        .into(OTHER),
                Sign.NEGATIVE,
                exit));
        body.add(Branch.when(
                Call.may(CONNECT, new Arg.ValueOf(OTHER), address(port.box()), number(ADDRESS)), Sign.NEGATIVE, exit));
        body.add(fork(List.of(copy(new Loop.Label("there-" + port.host()), TAKEN, OTHER), exit)));
        body.add(copy(new Loop.Label("back-" + port.host()), OTHER, TAKEN));
        // The other direction may last longer.
        body.add(Call.may(WAIT4, number(-1), Arg.nothing(), number(0), Arg.nothing()));
        body.add(exit);
        return body;
    }

    /** Copies until the end of the input, and shuts down the other side. A partial write ends both directions. */
    private static Loop copy(Loop.Label loop, Arg.Cell from, Arg.Cell to) {
        return Loop.of(
                loop,
                Branch.when(
                        Call.may(READ, new Arg.ValueOf(from), BUFFER, number(Scratch.PLACE))
                                .into(COUNT),
                        Sign.NOT_POSITIVE,
                        Call.may(SHUTDOWN, new Arg.ValueOf(to), number(SHUT_WR)),
                        Jump.leave(loop)),
                Call.may(WRITE, new Arg.ValueOf(to), BUFFER, new Arg.ValueOf(COUNT))
                        .into(WRITTEN),
                Branch.when(
                        Memory.same(WRITTEN, COUNT, Integer.BYTES),
                        Sign.NOT_ZERO,
                        Call.may(SHUTDOWN, new Arg.ValueOf(from), number(SHUT_RDWR)),
                        Call.may(SHUTDOWN, new Arg.ValueOf(to), number(SHUT_RDWR)),
                        Jump.leave(loop)),
                Jump.again(loop));
    }
}
