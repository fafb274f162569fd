package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.IpPrefix;
import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.config.Value;
import io.jbox.facts.HardwareAddress;
import io.jbox.facts.NetworkFacts;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Fail;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.RouteArg;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sets an interface up in the box: its hardware address and MTU if it was moved, its addresses and its state. */
final class AddressSteps {
    private static final Loop.Label UNIQUE_LOOP = new Loop.Label("until-unique");
    private static final Arg.Cell ROUNDS = new Arg.Cell("rounds", 8);
    private static final long PAUSE_NANOS = 10_000_000;
    /** How many pauses there are: ten seconds. */
    private static final int MOST_ROUNDS = 1000;
    /** Where an answer about an address has its flags (struct ifaddrmsg). */
    private static final int FLAGS_AT = 18;
    /** struct ethtool_value: the command, and its answer. */
    private static final Arg.Cell CARRIER = new Arg.Cell("carrier", 8);

    private final Net net;
    private final int index;
    private final String name;
    private final String seed;
    private final NetworkFacts facts;
    private final RouteMessages messages;

    /**
     * @param index of the interface in the configuration
     * @param name of the interface in the box
     * @param seed of its hardware address
     */
    AddressSteps(Net net, int index, String name, String seed, NetworkFacts facts, RouteMessages messages) {
        this.messages = messages;
        this.net = net;
        this.index = index;
        this.name = name;
        this.seed = seed;
        this.facts = facts;
    }

    /**
     * Sets up lo, addresses, link state and gateways in the box.
     *
     * @param loopback whether to bring up lo too
     */
    void setUp(boolean loopback, List<Step> steps) {
        Arg device = new RouteArg.LinkIndex(name);
        Step.Draft step = Step.by(Actor.JBOX, "set up \"" + name + "\" in the box", net.place());
        boolean any = false;
        if (loopback) {
            messages.send(
                    step,
                    Descriptors.BOX_ROUTES,
                    RTM_NEWLINK,
                    List.of(),
                    RouteMessages.linkHeader(new RouteArg.LinkIndex("lo"), true),
                    List.of());
            any = true;
        }
        if (net.is(NetType.PHYS)) {
            List<RouteArg.Attribute> changes = new ArrayList<>();
            Value<String> written = net.hwaddr();
            if (written != null) {
                changes.add(RouteMessages.hardware(HardwareAddress.of(written.get(), seed)));
            }
            LinkSteps.mtu(net, changes);
            if (!changes.isEmpty()) {
                messages.send(
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
                messages.send(
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
            messages.send(
                    step,
                    Descriptors.BOX_ROUTES,
                    RTM_NEWLINK,
                    List.of(),
                    RouteMessages.linkHeader(device, true),
                    List.of());
            any = true;
        }
        new RouteSteps(net, index, name, facts, messages).gateways(step);
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
        if (!net.up().get()) {
            return;
        }
        for (Value<IpPrefix> address : net.ipv6().addresses()) {
            if (!address.get().isAuto()) {
                steps.add(untilUnique(address));
            }
        }
    }

    /**
     * Asks for the address until the kernel has found that nobody else has it, or that somebody has: one solicitation,
     * one second, and what a bridge takes until it forwards (RFC 4862). Without a carrier nobody can be asked.
     */
    private Step untilUnique(Value<IpPrefix> address) {
        Step.Draft step =
                Step.by(Actor.JBOX, "wait for duplicate address detection on \"" + name + "\"", address.place());
        RouteArg.Message question = messages.known(
                step,
                Descriptors.BOX_ROUTES,
                new RouteArg.Message(
                        RTM_GETADDR,
                        List.of(),
                        RouteMessages.addressHeader(IpPrefix.V6, 0, false, new RouteArg.LinkIndex(name)),
                        List.of(new RouteArg.Attribute(
                                IFA_ADDRESS,
                                new RouteArg.NetworkAddress(
                                        address.get().text(), address.get().bytes())))));
        Arg carrier = struct(
                new Arg.Field("ifr_name", RouteArg.LinkName.SIZE, text(name)), Arg.Field.of("ifr_data", CARRIER));
        List<Statement> asking = new ArrayList<>(RouteMessages.exchange(Descriptors.BOX_ROUTES, question));
        asking.add(Branch.when(RouteMessages.isAnswer(RTM_NEWADDR), Sign.POSITIVE, Jump.leave(UNIQUE_LOOP)));
        asking.add(Branch.when(
                hasFlags(IFA_F_PERMANENT, IFA_F_TENTATIVE, IFA_F_DADFAILED),
                Sign.ZERO,
                new Fail(Fail.Reason.IN_USE, null)));
        asking.add(Branch.when(hasFlags(IFA_F_PERMANENT, IFA_F_TENTATIVE), Sign.POSITIVE, Jump.leave(UNIQUE_LOOP)));
        asking.add(Branch.when(
                Call.may(IOCTL, fd(Descriptors.BOX_ROUTES), flags(SIOCETHTOOL), carrier),
                Sign.NOT_NEGATIVE,
                Branch.when(
                        Memory.same(
                                new Arg.Part(CARRIER, Integer.BYTES),
                                struct(new Arg.Field("carrier", Integer.BYTES, number(0))),
                                Integer.BYTES),
                        Sign.ZERO,
                        Jump.leave(UNIQUE_LOOP))));
        asking.add(Branch.when(Memory.add(ROUNDS, -1), Sign.ZERO, new Fail(Fail.Reason.LATE, null)));
        asking.add(Times.pause(PAUSE_NANOS));
        asking.add(Jump.again(UNIQUE_LOOP));
        return step.add(
                        Memory.set(ROUNDS, number(MOST_ROUNDS)),
                        Memory.set(CARRIER, flags(ETHTOOL_GLINK)),
                        new Loop(UNIQUE_LOOP, asking))
                .hint(Fail.Reason.IN_USE, "the address is already in use on that network (RFC 4862)")
                .build();
    }

    private static Memory hasFlags(Flag... flags) {
        return RouteMessages.isAnswer(FLAGS_AT, "ifa_flags", 1, flags(flags));
    }
}
