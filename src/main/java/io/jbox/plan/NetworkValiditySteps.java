package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.NetworkValidity;
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
import io.jbox.program.Step;
import io.jbox.uapi.Flag;
import io.jbox.uapi.Syscall;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Checks that the host's network is the same as when a program was compiled. */
final class NetworkValiditySteps {
    private static final int IFREQ = 40;
    private static final int IFNAMSIZ = 16;
    private static final Arg.Cell REQUEST = new Arg.Cell("looked-ifreq", IFREQ);
    private static final Arg.Cell LENGTH = new Arg.Cell("answer-length", 8);
    private static final Arg.Cell REST = new Arg.Cell("answer-rest", 8);
    private static final Descriptor SOCKET = new Descriptor("network");
    private static final String LINK_FLAGS = "ifr_flags";
    private static final int TYPE = 4;
    private static final int NLMSG_DONE = 3;
    /** NFT_MSG_GETGEN in the subsystem for nftables, and NLM_F_REQUEST. */
    private static final int GET_GENERATION = 10 << 8 | 16;

    private static final int REQUESTED = 1;
    private static final int NETFILTER_REQUEST = 20;
    /** Offset of the value of attribute NFTA_GEN_ID in the answer: after both headers and its own. */
    private static final int GENERATION = 24;

    private NetworkValiditySteps() {}

    static void add(NetworkValidity network, List<Step> steps) {
        for (NetworkValidity.Link link : network.links()) {
            link(link, steps);
        }
        if (network.filter() != 0) {
            filter(network.filter(), steps);
        }
    }

    private static void link(NetworkValidity.Link link, List<Step> steps) {
        Step.Draft step = Step.by(Actor.JBOX, "look whether \"" + link.name() + "\" is the same", Place.DEFAULT)
                .open(SOCKET, Syscall.SOCKET, flags(AF_NETLINK), flags(SOCK_RAW, SOCK_CLOEXEC), flags(NETLINK_ROUTE))
                .add(Memory.copy(REQUEST, struct(new Arg.Field("ifr_name", IFNAMSIZ, text(link.name()))), IFNAMSIZ));
        asked(step, SIOCGIFINDEX, link.index());
        if (link.mtu() != 0) {
            asked(step, SIOCGIFMTU, link.mtu());
        }
        Arg flags = new Arg.Part(REQUEST, IFNAMSIZ);
        // It must be up; the carrier does not matter.
        step.call(IOCTL, fd(SOCKET), flags(SIOCGIFFLAGS), REQUEST)
                .add(Branch.when(
                        Memory.same(flags, flagsOf(IFF_UP, IFF_BROADCAST, IFF_RUNNING), 1),
                        Sign.POSITIVE,
                        ValiditySteps.differs(flags, flagsOf(IFF_UP, IFF_BROADCAST), 1)));
        step.call(
                SETSOCKOPT,
                fd(SOCKET),
                flags(SOL_NETLINK),
                flags(NETLINK_GET_STRICT_CHK),
                struct(new Arg.Field("on", Integer.BYTES, number(1))),
                number(Integer.BYTES));
        for (Map.Entry<Integer, NetworkValidity.Addresses> family :
                link.addresses().entrySet()) {
            addresses(step, link.index(), family.getKey(), family.getValue());
        }
        steps.add(step.call(CLOSE, fd(SOCKET)).build());
    }

    private static Arg flagsOf(Flag... set) {
        return struct(new Arg.Field(LINK_FLAGS, 1, flags(set)));
    }

    private static void asked(Step.Draft step, Flag request, int value) {
        step.call(IOCTL, fd(SOCKET), flags(request), REQUEST)
                .add(ValiditySteps.differs(
                        new Arg.Part(REQUEST, IFNAMSIZ),
                        struct(new Arg.Field("value", Integer.BYTES, number(value))),
                        Integer.BYTES));
    }

    /** Compares addresses. The kernel sends the end of its answer with the rest or separately. */
    private static void addresses(Step.Draft step, int index, int family, NetworkValidity.Addresses expected) {
        RouteArg.Message request = new RouteArg.Message(
                RTM_GETADDR,
                List.of(NLM_F_DUMP),
                RouteMessages.addressHeader(family, 0, false, number(index)),
                List.of());
        Arg end = struct(new Arg.Field("type", 2, number(NLMSG_DONE)));
        step.call(SENDTO, fd(SOCKET), request, new RouteArg.LengthOf(request), number(0), Arg.nothing(), number(0))
                .add(
                        Memory.copy(Scratch.content(expected.length() + TYPE), struct(Arg.Field.zero(2)), 2),
                        Call.must(RECVFROM, received(Scratch.content(), number(0)))
                                .into(LENGTH),
                        Memory.set(REST, Scratch.content()),
                        Memory.add(REST, new Arg.ValueOf(LENGTH)),
                        Call.may(RECVFROM, received(new Arg.ValueOf(REST), flags(MSG_DONTWAIT))));
        for (NetworkValidity.Piece piece : expected.pieces()) {
            byte[] bytes = HexFormat.of().parseHex(piece.hex());
            step.add(ValiditySteps.differs(
                    Scratch.content(piece.at()), new DataArg.Data("addresses", bytes), bytes.length));
        }
        step.add(ValiditySteps.differs(Scratch.content(expected.length() + TYPE), end, 2));
    }

    private static Arg[] received(Arg to, Arg how) {
        return new Arg[] {fd(SOCKET), to, number(Scratch.PLACE / 2), how, Arg.nothing(), number(0)};
    }

    private static void filter(long generation, List<Step> steps) {
        byte[] expected =
                ByteBuffer.allocate(Integer.BYTES).putInt((int) generation).array();
        Arg request = struct(
                new Arg.Field("nlmsg_len", 4, number(NETFILTER_REQUEST)),
                new Arg.Field("nlmsg_type", 2, number(GET_GENERATION)),
                new Arg.Field("nlmsg_flags", 2, number(REQUESTED)),
                Arg.Field.zero(12));
        steps.add(Step.by(Actor.JBOX, "look whether the packet filter is the same", Place.DEFAULT)
                .open(
                        SOCKET,
                        Syscall.SOCKET,
                        flags(AF_NETLINK),
                        flags(SOCK_RAW, SOCK_CLOEXEC),
                        flags(NETLINK_NETFILTER))
                .call(SENDTO, fd(SOCKET), request, number(NETFILTER_REQUEST), number(0), Arg.nothing(), number(0))
                .call(RECVFROM, received(Scratch.content(), number(0)))
                .add(ValiditySteps.differs(
                        Scratch.content(GENERATION), new DataArg.Data("generation", expected), Integer.BYTES))
                .call(CLOSE, fd(SOCKET))
                .build());
    }
}
