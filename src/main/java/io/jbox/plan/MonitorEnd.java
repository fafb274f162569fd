package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Launch;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Memory;
import io.jbox.program.RouteArg;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;

/** Plans the last step of the monitor: it exits, or becomes jbox to clean up after the box. */
final class MonitorEnd {
    /** The wait status of the first process. */
    static final Arg.Cell STATUS = new Arg.Cell("status", 8);

    private static final Descriptor ROUTES = new Descriptor("routes");
    private static final Arg TERM = new DataArg.Signals(List.of(SIGTERM), false);
    private static final Arg SIGNAL_SET = number(8);
    /** The wait status of an init that called reboot(2): killed by SIGHUP. */
    private static final int REBOOT = 1;
    /** How long the kernel may take to destroy a network (cleanup_net). */
    private static final long CLEANUP_SECONDS = 1;

    private final Config config;
    private final HostFacts facts;
    private final Launch.Supervision supervision;
    private final List<Descriptor> held;

    /** @param held the descriptors still needed when the first process runs */
    MonitorEnd(Config config, HostFacts facts, Launch.Supervision supervision, List<Descriptor> held) {
        this.config = config;
        this.facts = facts;
        this.supervision = supervision;
        this.held = List.copyOf(held);
    }

    /** Ends the monitor, or turns it into jbox if there is anything left to clean up. */
    Step end() {
        Step.Draft step = Step.by(Actor.MONITOR, "exit, or clean up", Place.DEFAULT);
        Statement exit = Call.may(EXIT_GROUP, number(0));
        if (supervision.foreground()) {
            return step.add(exit).build();
        }
        if (!owes()) {
            List<Statement> goes = new ArrayList<>(List.of(
                    Call.may(UNLINKAT, cwd(), text(supervision.afterwards().record()), number(0))));
            deletePairs(goes);
            goes.add(exit);
            Branch nothingLent = new Branch(
                    Call.may(FACCESSAT, cwd(), text(supervision.journal()), number(0)),
                    Sign.NEGATIVE,
                    List.copyOf(goes));
            step.add(Branch.when(
                    Memory.compare(STATUS, REBOOT, 2),
                    Sign.NOT_ZERO,
                    Branch.when(Memory.compare(CgroupRemoval.LEFT, 0, 8), Sign.ZERO, nothingLent)));
        }
        int delay = supervision.afterwards().rebootDelaySeconds();
        if (delay > 0) {
            step.add(Branch.when(
                    Memory.compare(STATUS, REBOOT, 2),
                    Sign.ZERO,
                    Call.may(RT_SIGTIMEDWAIT, TERM, Arg.nothing(), Times.seconds(delay), SIGNAL_SET)));
        }
        List<String> reaper = supervision.afterwards().reaper();
        return step.tolerate(RT_SIGPROCMASK, flags(SIG_SETMASK), DataArg.Signals.NONE, Arg.nothing(), SIGNAL_SET)
                .tolerate(
                        EXECVE,
                        text(reaper.get(0)),
                        new DataArg.Texts(reaper),
                        new DataArg.Texts(supervision.afterwards().environment()))
                .tolerate(EXIT_GROUP, number(127))
                .build();
    }

    /** Whether there will be something to clean up however the box ends; otherwise only if it rebooted. */
    private boolean owes() {
        boolean scripts = false;
        for (Interface one : Interface.of(config.name().get(), config.net(), 0, facts.network())) {
            scripts |= one.scriptDown() != null;
        }
        return scripts
                || !config.hooks().of("stop").isEmpty()
                || !config.hooks().of("post-stop").isEmpty()
                || config.start().ephemeral().get();
    }

    /**
     * Deletes veth pairs that outlive the network. With the last process of a network the kernel removes its
     * interfaces, those of many boxes together, which is much cheaper than single requests. They stay only if something
     * keeps the network; the monitor does not wait for that.
     */
    private void deletePairs(List<Statement> statements) {
        List<Statement> deletions = new ArrayList<>();
        for (int i = 0; i < config.net().size(); i++) {
            Net net = config.net().get(i);
            // A configured name may belong to another interface by then; a generated name is unique.
            if (net.is(NetType.VETH) && net.options().vethPair() == null) {
                RouteArg.Message message = new RouteArg.Message(
                        RTM_DELLINK,
                        List.of(),
                        List.of(Arg.Field.zero(16)),
                        List.of(RouteArg.Attribute.text(
                                IFLA_IFNAME, facts.network().choices().get(i).pair())));
                deletions.add(Call.may(
                        SENDTO,
                        fd(ROUTES),
                        message,
                        new RouteArg.LengthOf(message),
                        number(0),
                        Arg.nothing(),
                        number(0)));
            }
        }
        if (deletions.isEmpty()) {
            return;
        }
        // The next start of the box may begin.
        for (Descriptor lock : List.of(Descriptors.MONITOR_LOCK, Descriptors.TREE_LOCKS, Descriptors.UPPER_LOCK)) {
            if (held.contains(lock)) {
                statements.add(Call.may(CLOSE, fd(lock)));
            }
        }
        statements.add(
                Call.may(PPOLL, Arg.nothing(), number(0), Times.seconds(CLEANUP_SECONDS), Arg.nothing(), SIGNAL_SET));
        statements.add(Call.may(SOCKET, flags(AF_NETLINK), flags(SOCK_RAW, SOCK_CLOEXEC), flags(NETLINK_ROUTE))
                .opens(ROUTES));
        statements.addAll(deletions);
    }
}
