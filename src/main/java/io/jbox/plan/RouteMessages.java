package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.IpAddress;
import io.jbox.config.IpPrefix;
import io.jbox.facts.HardwareAddress;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sends rtnetlink(7) requests in plans, one after the other: each waits for the kernel's answer. The index of an
 * interface is asked for when the first request needs it.
 */
final class RouteMessages {
    /** The size of struct ifreq, and where the name in it is followed by the answer (netdevice(7)). */
    private static final int IFREQ = 40;

    private static final int ANSWER_SIZE = 1024;
    /** Where an answer has its type, and where the content of the message begins (netlink(7)). */
    private static final int TYPE_AT = 4;

    private static final int CONTENT_AT = 16;
    private static final Arg.Cell ANSWER = new Arg.Cell("answer", ANSWER_SIZE);
    private static final Arg.Cell ROUNDS = new Arg.Cell("rounds", 8);
    private static final Loop.Label AGAIN = new Loop.Label("until-gone");
    private static final long PAUSE_NANOS = 10_000_000;
    /** How many pauses the kernel may take to remove the veth of an earlier run: two seconds. */
    private static final int GONE_ROUNDS = 200;

    /** What has been asked, by socket and name. */
    private final Map<String, Arg.Cell> asked = new HashMap<>();

    static RouteArg.Attribute kind(String kind, List<RouteArg.Attribute> data) {
        return new RouteArg.Attribute(
                IFLA_LINKINFO,
                new RouteArg.Attributes(
                        List.of(),
                        List.of(
                                RouteArg.Attribute.text(IFLA_INFO_KIND, kind),
                                new RouteArg.Attribute(IFLA_INFO_DATA, new RouteArg.Attributes(List.of(), data)))));
    }

    static RouteArg.Attribute hardware(String address) {
        return new RouteArg.Attribute(
                IFLA_ADDRESS, new RouteArg.NetworkAddress(address, HardwareAddress.bytes(address)));
    }

    /** @param destination null for the default route */
    void route(
            Step.Draft step,
            Descriptor socket,
            int family,
            @Nullable IpPrefix destination,
            @Nullable String gateway,
            Arg index,
            Flag protocol) {
        List<RouteArg.Attribute> attributes = new ArrayList<>();
        if (destination != null) {
            attributes.add(new RouteArg.Attribute(
                    RTA_DST, new RouteArg.NetworkAddress(destination.toString(), destination.bytes())));
        }
        if (gateway != null) {
            attributes.add(new RouteArg.Attribute(
                    RTA_GATEWAY, new RouteArg.NetworkAddress(gateway, IpAddress.parse(gateway))));
        }
        attributes.add(RouteArg.Attribute.of32(RTA_OIF, index));
        send(
                step,
                socket,
                RTM_NEWROUTE,
                List.of(NLM_F_CREATE, NLM_F_EXCL),
                routeHeader(
                        family,
                        destination == null ? 0 : destination.length(),
                        protocol,
                        gateway == null ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
                        RTN_UNICAST),
                attributes);
    }

    /** Runs a program on packets received from an interface (tc-bpf(8)). */
    void filter(Step.Draft step, Descriptor socket, Arg index, Descriptor program) {
        send(
                step,
                socket,
                RTM_NEWQDISC,
                List.of(NLM_F_CREATE, NLM_F_EXCL),
                trafficHeader(index, flags(TC_H_CLSACT_QDISC), flags(TC_H_CLSACT), number(0)),
                List.of(RouteArg.Attribute.text(TCA_KIND, "clsact")));
        send(
                step,
                socket,
                RTM_NEWTFILTER,
                List.of(NLM_F_CREATE, NLM_F_EXCL),
                trafficHeader(index, number(0), flags(TC_H_CLSACT_INGRESS), flags(TC_FIRST, TC_ALL_PROTOCOLS)),
                List.of(
                        RouteArg.Attribute.text(TCA_KIND, "bpf"),
                        new RouteArg.Attribute(
                                TCA_OPTIONS,
                                new RouteArg.Attributes(
                                        List.of(),
                                        List.of(
                                                RouteArg.Attribute.of32(TCA_BPF_FD, fd(program)),
                                                RouteArg.Attribute.text(TCA_BPF_NAME, "jbox-source"),
                                                RouteArg.Attribute.of32(
                                                        TCA_BPF_FLAGS, flags(TCA_BPF_FLAG_ACT_DIRECT)))))));
    }

    /** struct tcmsg. */
    private static List<Arg.Field> trafficHeader(Arg index, Arg handle, Arg parent, Arg info) {
        return List.of(
                Arg.Field.zero(4),
                new Arg.Field("tcm_ifindex", 4, index),
                new Arg.Field(handle instanceof Arg.Int ? "" : "tcm_handle", 4, handle),
                new Arg.Field("tcm_parent", 4, parent),
                new Arg.Field(info instanceof Arg.Int ? "" : "tcm_info", 4, info));
    }

    /** Rejects packets for an IPv4 network, ADDRESS/LENGTH, as unreachable. */
    void unreachable(Step.Draft step, Descriptor socket, String network) {
        int slash = network.indexOf('/');
        String address = network.substring(0, slash);
        int length = Integer.parseInt(network.substring(slash + 1));
        send(
                step,
                socket,
                RTM_NEWROUTE,
                List.of(NLM_F_CREATE, NLM_F_EXCL),
                routeHeader(IpPrefix.V4, length, RTPROT_STATIC, RT_SCOPE_UNIVERSE, RTN_UNREACHABLE),
                List.of(new RouteArg.Attribute(
                        RTA_DST, new RouteArg.NetworkAddress(address, IpAddress.parse(address)))));
    }

    /** struct rtmsg, for the main table. */
    private static List<Arg.Field> routeHeader(int family, int length, Flag protocol, Flag scope, Flag type) {
        return List.of(
                new Arg.Field("rtm_family", 1, family(family)),
                new Arg.Field("rtm_dst_len", 1, number(length)),
                Arg.Field.zero(2),
                new Arg.Field("rtm_table", 1, flags(RT_TABLE_MAIN)),
                new Arg.Field("rtm_protocol", 1, flags(protocol)),
                new Arg.Field("rtm_scope", 1, flags(scope)),
                new Arg.Field("rtm_type", 1, flags(type)),
                Arg.Field.zero(4));
    }

    static List<RouteArg.Attribute> address(IpPrefix address) {
        RouteArg.Value local = new RouteArg.NetworkAddress(address.text(), address.bytes());
        byte[] broadcast = address.broadcastBytes();
        List<RouteArg.Attribute> attributes = new ArrayList<>(
                List.of(new RouteArg.Attribute(IFA_LOCAL, local), new RouteArg.Attribute(IFA_ADDRESS, local)));
        if (broadcast != null) {
            attributes.add(new RouteArg.Attribute(
                    IFA_BROADCAST, new RouteArg.NetworkAddress(IpAddress.format(broadcast), broadcast)));
        }
        return attributes;
    }

    static Arg family(int family) {
        return flags(family == IpPrefix.V4 ? AF_INET : AF_INET6);
    }

    /**
     * struct ifaddrmsg.
     *
     * @param known whether the address is known to be unique
     */
    static List<Arg.Field> addressHeader(int family, int length, boolean known, Arg index) {
        return List.of(
                new Arg.Field("ifa_family", 1, family(family)),
                new Arg.Field(length == 0 ? "" : "ifa_prefixlen", 1, number(length)),
                known ? new Arg.Field("ifa_flags", 1, flags(IFA_F_NODAD)) : Arg.Field.zero(1),
                Arg.Field.zero(1),
                new Arg.Field("ifa_index", 4, index));
    }

    /** struct ifinfomsg. */
    static List<Arg.Field> linkHeader(Arg index, boolean up) {
        List<Arg.Field> fields = new ArrayList<>(List.of(
                Arg.Field.zero(4), new Arg.Field(index instanceof Arg.Int ? "" : "ifi_index", 4, index)));
        if (up) {
            fields.add(new Arg.Field("ifi_flags", 4, flags(IFF_UP)));
            fields.add(new Arg.Field("ifi_change", 4, flags(IFF_UP)));
        } else {
            fields.add(Arg.Field.zero(8));
        }
        return fields;
    }

    /** Sends a request that the kernel must grant. */
    void send(
            Step.Draft step,
            Descriptor socket,
            Flag type,
            List<Flag> flags,
            List<Arg.Field> header,
            List<RouteArg.Attribute> attributes) {
        exchange(socket, acknowledged(step, socket, type, flags, header, attributes))
                .forEach(step::add);
        step.add(Branch.when(hasError(number(0)), Sign.POSITIVE, refused()));
    }

    /**
     * The same for an interface with a name that a veth may still have: the kernel removes the interfaces of a network
     * some time after its last process has ended.
     */
    void sendUntilGone(
            Step.Draft step,
            Descriptor socket,
            Flag type,
            List<Flag> flags,
            List<Arg.Field> header,
            List<RouteArg.Attribute> attributes) {
        RouteArg.Message request = acknowledged(step, socket, type, flags, header, attributes);
        List<Statement> attempt = new ArrayList<>(exchange(socket, request));
        attempt.add(Branch.when(hasError(number(0)), Sign.ZERO, Jump.leave(AGAIN)));
        attempt.add(Branch.when(hasError(new Arg.Named("-EEXIST", -Errno.EEXIST)), Sign.POSITIVE, refused()));
        attempt.add(Branch.when(Memory.add(ROUNDS, -1), Sign.ZERO, refused()));
        attempt.add(Times.pause(PAUSE_NANOS));
        attempt.add(Jump.again(AGAIN));
        step.add(Memory.set(ROUNDS, number(GONE_ROUNDS)), new Loop(AGAIN, attempt));
    }

    private static Fail refused() {
        return new Fail(Fail.Reason.REFUSED, ANSWER);
    }

    private RouteArg.Message acknowledged(
            Step.Draft step,
            Descriptor socket,
            Flag type,
            List<Flag> flags,
            List<Arg.Field> header,
            List<RouteArg.Attribute> attributes) {
        List<Flag> all = new ArrayList<>(flags);
        all.add(NLM_F_ACK);
        return known(step, socket, new RouteArg.Message(type, all, header, attributes));
    }

    /** Asks for the indexes of the interfaces that a message names. */
    RouteArg.Message known(Step.Draft step, Descriptor socket, RouteArg.Message message) {
        return message.with(new RouteArg.Replacement() {
            @Override
            public Arg of(Arg number) {
                return number instanceof RouteArg.LinkIndex link ? index(step, socket, link.name()) : number;
            }
        });
    }

    private Arg index(Step.Draft step, Descriptor socket, String name) {
        String key = socket.name() + " " + name;
        Arg.@Nullable Cell known = asked.get(key);
        Arg.Cell request = known == null ? new Arg.Cell("ifreq-" + key, IFREQ) : known;
        if (known == null) {
            asked.put(key, request);
            step.add(Memory.copy(request, new RouteArg.LinkName(name), RouteArg.LinkName.SIZE))
                    .call(IOCTL, fd(socket), flags(SIOCGIFINDEX), request)
                    .hint(IOCTL, Errno.ENODEV, "it existed a moment ago");
        }
        return new Arg.ValueOf(request, RouteArg.LinkName.SIZE, Integer.BYTES);
    }

    /** Sends a message and receives the kernel's answer. */
    static List<Statement> exchange(Descriptor socket, RouteArg.Message message) {
        return List.of(
                Call.must(
                        SENDTO,
                        fd(socket),
                        message,
                        new RouteArg.LengthOf(message),
                        number(0),
                        Arg.nothing(),
                        number(0)),
                Call.must(RECVFROM, fd(socket), ANSWER, number(ANSWER_SIZE), number(0), Arg.nothing(), number(0)));
    }

    /** Whether the answer is a message of a type. */
    static Memory isAnswer(Flag type) {
        return isAnswer(TYPE_AT, "type", Short.BYTES, flags(type));
    }

    /** Whether the answer to a request has an error number (struct nlmsgerr); 0 if the request is granted. */
    private static Memory hasError(Arg error) {
        return isAnswer(CONTENT_AT, "error", Integer.BYTES, error);
    }

    /** Whether the answer has a value in its content. */
    static Memory isAnswer(int offset, String name, int bytes, Arg value) {
        return Memory.same(new Arg.Part(ANSWER, offset), struct(new Arg.Field(name, bytes, value)), bytes);
    }
}
