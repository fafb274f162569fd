package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.IpPrefix;
import io.jbox.config.Net;
import io.jbox.config.Value;
import io.jbox.facts.HardwareAddress;
import io.jbox.facts.NetworkFacts;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.RouteArg;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sets an interface up in the box: its hardware address and MTU if it was moved, its addresses and its state. */
final class AddressSteps {
    private final Net net;
    private final int index;
    private final String name;
    private final String seed;
    private final NetworkFacts facts;

    /**
     * @param index of the interface in the configuration
     * @param name of the interface in the box
     * @param seed of its hardware address
     */
    AddressSteps(Net net, int index, String name, String seed, NetworkFacts facts) {
        this.net = net;
        this.index = index;
        this.name = name;
        this.seed = seed;
        this.facts = facts;
    }

    /**
     * Sets up lo, addresses, link state and gateways in the box, in one datagram.
     *
     * @param loopback whether to bring up lo too
     */
    void setUp(boolean loopback, List<Step> steps) {
        Arg device = new RouteArg.LinkIndex(name);
        Step.Draft step = Step.by(Actor.JBOX, "set up \"" + name + "\" in the box", net.place());
        boolean any = false;
        if (loopback) {
            RouteMessages.send(
                    step,
                    Descriptors.BOX_ROUTES,
                    RTM_NEWLINK,
                    List.of(),
                    RouteMessages.linkHeader(new RouteArg.LinkIndex("lo"), true),
                    List.of());
            any = true;
        }
        if (net.is("phys")) {
            List<RouteArg.Attribute> changes = new ArrayList<>();
            Value<String> written = net.hwaddr();
            if (written != null) {
                changes.add(RouteMessages.hardware(HardwareAddress.of(written.get(), seed)));
            }
            LinkSteps.mtu(net, changes);
            if (!changes.isEmpty()) {
                RouteMessages.send(
                        step,
                        Descriptors.BOX_ROUTES,
                        RTM_NEWLINK,
                        List.of(),
                        RouteMessages.linkHeader(device, false),
                        changes);
                any = true;
            }
        }
        for (int family : new int[] {IpPrefix.V4, IpPrefix.V6}) {
            for (IpPrefix address : InterfaceChoices.addresses(net, facts, index, family)) {
                RouteMessages.send(
                        step,
                        Descriptors.BOX_ROUTES,
                        RTM_NEWADDR,
                        List.of(NLM_F_CREATE, NLM_F_EXCL),
                        RouteMessages.addressHeader(family, address.length(), address == chosenV6(), device),
                        RouteMessages.address(address));
                any = true;
            }
        }
        if (net.up().get()) {
            RouteMessages.send(
                    step,
                    Descriptors.BOX_ROUTES,
                    RTM_NEWLINK,
                    List.of(),
                    RouteMessages.linkHeader(device, true),
                    List.of());
            any = true;
        }
        new RouteSteps(net, index, name, facts).gateways(step);
        if (any) {
            steps.add(step.hint(
                            SENDTO, Errno.EEXIST, "it already exists: is there another interface with a default route?")
                    .hint(SENDTO, Errno.EADDRNOTAVAIL, "the device refuses that hardware address")
                    .hint(SENDTO, Errno.ENETUNREACH, "a gateway must be in the network of an address")
                    .hint(SENDTO, Errno.ENETDOWN, "the link on the host is down: ip link set LINK up")
                    .build());
        }
    }

    private @Nullable IpPrefix chosenV6() {
        return facts.choices().get(index).ipv6();
    }

    /** Waits for duplicate address detection of configured IPv6 addresses; chosen ones are known to be unique. */
    void waitUntilUnique(List<Step> steps) {
        Place place = null;
        for (Value<IpPrefix> address : net.ipv6().addresses()) {
            place = place == null && !address.get().isAuto() ? address.place() : place;
        }
        if (place == null || !net.up().get()) {
            return;
        }
        steps.add(Step.by(Actor.JBOX, "wait for duplicate address detection on \"" + name + "\"", place)
                .add(
                        SENDTO,
                        Call.Outcome.UNTIL_UNIQUE,
                        null,
                        fd(Descriptors.BOX_ROUTES),
                        new RouteArg.Message(
                                RTM_GETADDR,
                                List.of(NLM_F_DUMP),
                                RouteMessages.addressHeader(IpPrefix.V6, 0, false, new RouteArg.LinkIndex(name)),
                                List.of()))
                .hint(SENDTO, Errno.EADDRINUSE, "the address is already in use on that network (RFC 4862)")
                .build());
    }
}
