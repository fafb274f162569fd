package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.Namespace;
import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.config.Value;
import io.jbox.facts.Launch;
import io.jbox.facts.NetworkFacts;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.NetworkEffect;
import io.jbox.program.ProcArg;
import io.jbox.program.RouteArg;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes or moves the box's interfaces while the first process waits.
 *
 * <p>Two rtnetlink sockets do it all: one on the host, one made in the box's network. A veth is made together with its
 * end in the box by one message; a macvlan, vlan or ipvlan is made directly in the box; a host interface is recorded
 * before it moves. {@link LinkSteps}, {@link AddressSteps} and {@link RouteSteps} each do their part for one interface.
 */
final class NetworkSteps {
    private final String box;
    private final NetworkFacts facts;
    private final List<Net> nets;
    private final List<String> names;
    private final int first;

    /** @param first number of the first interface: a running box has others already */
    NetworkSteps(String box, List<Net> nets, int first, NetworkFacts facts) {
        this.first = first;
        this.box = box;
        this.facts = facts;
        this.nets = nets;
        this.names = InterfaceChoices.names(nets);
    }

    /** Brings up jbox bridges that are down. */
    void bridges(List<Step> steps) {
        for (String bridge : facts.down()) {
            steps.add(Step.by(Actor.JBOX, "bring bridge \"" + bridge + "\" up", placeOfLink(bridge))
                    .add(new NetworkEffect.BridgeUp(bridge))
                    .build());
        }
    }

    private Place placeOfLink(String name) {
        for (Net net : nets) {
            Value<String> link = net.link();
            if (link != null && link.get().equals(name)) {
                return link.place();
            }
        }
        return Place.DEFAULT;
    }

    /** Brings up lo in the first process, if the network has nothing else. */
    static void loopback(Config config, List<Step> steps) {
        for (Net net : config.net()) {
            if (net.is(NetType.EMPTY) && net.up().get() && config.has(Namespace.NET)) {
                Descriptor socket = new Descriptor("socket");
                steps.add(Step.by(Actor.INIT, "bring \"lo\" up", net.up().place())
                        .open(socket, SOCKET, flags(AF_INET), flags(SOCK_DGRAM, SOCK_CLOEXEC), number(0))
                        .call(
                                IOCTL,
                                fd(socket),
                                flags(SIOCSIFFLAGS),
                                struct(
                                        new Arg.Field("ifr_name", 16, text("lo")),
                                        new Arg.Field("ifr_flags", 2, flags(IFF_UP, IFF_RUNNING)),
                                        Arg.Field.zero(22)))
                        .build());
            }
        }
    }

    /**
     * Makes all interfaces, those with a configured name first, as in LXC.
     *
     * @param supervision null for a box without a monitor
     * @param kept whether the box's network is pinned already
     */
    void connect(Launch.@Nullable Supervision supervision, boolean kept, List<Step> steps) {
        List<Integer> order = new ArrayList<>();
        for (boolean named : new boolean[] {true, false}) {
            for (int i = 0; i < nets.size(); i++) {
                if (nets.get(i).isLink() && (nets.get(i).name() != null) == named) {
                    order.add(i);
                }
            }
        }
        if (order.isEmpty()) {
            return;
        }
        Step.Draft open = Step.by(
                        Actor.JBOX,
                        "open the box's network",
                        nets.get(order.get(0)).type().place())
                .open(Descriptors.NETNS, OPENAT, cwd(), new ProcArg.OfInit("ns/net"), flags(O_RDONLY, O_CLOEXEC));
        RouteSocketSteps.open(open, Descriptors.HOST_ROUTES);
        RouteSocketSteps.openIn(open, Descriptors.NETNS, Descriptors.BOX_ROUTES);
        steps.add(open.build());
        RouteMessages messages = new RouteMessages();
        remember(supervision, kept, steps);
        boolean loopback = false;
        for (int i : order) {
            Net net = nets.get(i);
            String name = names.get(i);
            String seed = facts.seedOf(box, first + i);
            new LinkSteps(net, i, name, seed, facts, messages).make(steps);
            if (net.is(NetType.PHYS) && supervision != null) {
                steps.add(moved(net, name, supervision));
            }
            if (facts.choices().get(i).guarded()) {
                new SourceSteps(net, i, facts, messages).guard(name, seed, steps);
            }
            new AddressSteps(net, i, name, seed, facts, messages).setUp(net.up().get() && !loopback, steps);
            loopback |= net.up().get();
            new RouteSteps(net, i, name, facts, messages).onHost(steps);
        }
        for (int i : order) {
            new AddressSteps(nets.get(i), i, names.get(i), facts.seedOf(box, first + i), facts, messages)
                    .waitUntilUnique(steps);
        }
    }

    /** Records where a host interface has gone: the box may rename it, but cannot change its index. */
    private static Step moved(Net net, String name, Launch.Supervision supervision) {
        String link = LinkSteps.link(net);
        return Step.by(Actor.JBOX, "record the place of \"" + link + "\"", net.place())
                .add(new NetworkEffect.JournalMove(supervision.journal(), link, name))
                .build();
    }

    /** Records host interfaces on disk and pins the box's network before they move, so that they are never lost. */
    private void remember(Launch.@Nullable Supervision supervision, boolean kept, List<Step> steps) {
        boolean pinned = kept;
        for (Net net : nets) {
            Value<String> link = net.link();
            if (!net.is(NetType.PHYS) || link == null || supervision == null) {
                continue;
            }
            if (!pinned) {
                String folder = supervision.folder() + "/ns";
                Descriptor pin = new Descriptor("pin");
                steps.add(Step.by(Actor.JBOX, "keep the box's network", link.place())
                        .tolerate(MKDIRAT, cwd(), text(folder), DataArg.mode(0700))
                        .undo(Undoing.removeFolder(folder))
                        .open(
                                pin,
                                OPENAT,
                                cwd(),
                                text(folder + "/net"),
                                flags(O_RDONLY, O_CREAT, O_NOFOLLOW, O_CLOEXEC),
                                DataArg.mode(0600))
                        .call(
                                MOUNT,
                                new ProcArg.OfInit("ns/net"),
                                text(folder + "/net"),
                                Arg.nothing(),
                                flags(MS_BIND),
                                Arg.nothing())
                        .build());
                pinned = true;
            }
            steps.add(Step.by(Actor.JBOX, "record the state of \"" + link.get() + "\"", link.place())
                    .add(new NetworkEffect.Journal(supervision.journal(), new RouteArg.LinkState(link.get())))
                    .build());
        }
    }
}
