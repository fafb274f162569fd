package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.config.Value;
import io.jbox.facts.HardwareAddress;
import io.jbox.facts.NetworkFacts;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.RouteArg;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Makes an interface of the box, or moves it there. */
final class LinkSteps {
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
    LinkSteps(Net net, int index, String name, String seed, NetworkFacts facts, RouteMessages messages) {
        this.messages = messages;
        this.net = net;
        this.index = index;
        this.name = name;
        this.seed = seed;
        this.facts = facts;
    }

    /** Makes the interface in the box, a veth with both of its ends; a host interface is moved there. */
    void make(List<Step> steps) {
        Step.Draft step = Step.by(
                Actor.JBOX,
                (net.is(NetType.PHYS)
                                ? "move \"" + link(net) + "\" into the box as \""
                                : "make " + net.type().get() + " \"")
                        + name + "\"",
                placeOfMaking());
        List<RouteArg.Attribute> attributes = new ArrayList<>();
        switch (net.type().get()) {
            case VETH -> veth(attributes);
            case PHYS ->
                attributes.addAll(List.of(
                        RouteArg.Attribute.text(IFLA_IFNAME, name),
                        RouteArg.Attribute.of32(IFLA_NET_NS_FD, fd(Descriptors.NETNS))));
            default -> {
                attributes.add(RouteArg.Attribute.text(IFLA_IFNAME, name));
                hardware(attributes);
                mtu(net, attributes);
                attributes.add(RouteArg.Attribute.of32(IFLA_LINK, new RouteArg.LinkIndex(link(net))));
                attributes.add(RouteArg.Attribute.of32(IFLA_NET_NS_FD, fd(Descriptors.NETNS)));
                attributes.add(RouteMessages.kind(net.type().get().word(), data()));
            }
        }
        if (net.is(NetType.PHYS)) {
            messages.send(
                    step,
                    Descriptors.HOST_ROUTES,
                    RTM_NEWLINK,
                    List.of(),
                    RouteMessages.linkHeader(new RouteArg.LinkIndex(link(net)), false),
                    attributes);
            step.hint(SENDTO, Errno.EBUSY, "something on the host still uses it");
        } else {
            make(step, attributes);
            step.hint(
                    SENDTO, Errno.EOPNOTSUPP, "this kernel has no " + net.type().get() + ": modprobe " + module());
            step.hint(SENDTO, Errno.EBUSY, "the link is used in a way that conflicts with it");
        }
        steps.add(step.hint(SENDTO, Errno.EEXIST, "the name is taken")
                .hint(SENDTO, Errno.EPERM, "jbox needs root for this: sudo jbox ...")
                .build());
    }

    private void make(Step.Draft step, List<RouteArg.Attribute> attributes) {
        List<Flag> flags = List.of(NLM_F_CREATE, NLM_F_EXCL);
        List<Arg.Field> header = RouteMessages.linkHeader(number(0), net.is(NetType.VETH));
        if (net.options().vethPair() == null) {
            messages.send(step, Descriptors.HOST_ROUTES, RTM_NEWLINK, flags, header, attributes);
        } else {
            messages.sendUntilGone(step, Descriptors.HOST_ROUTES, RTM_NEWLINK, flags, header, attributes);
        }
    }

    private String module() {
        return net.is(NetType.VLAN) ? "8021q" : net.type().get().word();
    }

    private Place placeOfMaking() {
        Value<String> decisive =
                net.is(NetType.PHYS) ? net.link() : net.options().vethPair();
        return decisive == null ? net.type().place() : decisive.place();
    }

    /** The configured link; empty for none. */
    static String link(Net net) {
        Value<String> link = net.link();
        return link == null ? "" : link.get();
    }

    private void veth(List<RouteArg.Attribute> attributes) {
        attributes.add(RouteArg.Attribute.text(IFLA_IFNAME, pair()));
        attributes.add(RouteMessages.hardware(HardwareAddress.high(seed)));
        NetworkFacts.LinkFacts link = facts.links().get(link(net));
        List<RouteArg.Attribute> peer = new ArrayList<>(List.of(RouteArg.Attribute.text(IFLA_IFNAME, name)));
        hardware(peer);
        if (net.mtu() == null && link != null && !net.isRouted()) {
            attributes.add(RouteArg.Attribute.of32(IFLA_MTU, number(link.mtu())));
            peer.add(RouteArg.Attribute.of32(IFLA_MTU, number(link.mtu())));
        }
        mtu(net, attributes);
        mtu(net, peer);
        peer.add(RouteArg.Attribute.of32(IFLA_NET_NS_FD, fd(Descriptors.NETNS)));
        if (net.link() != null && !net.isRouted() && !facts.choices().get(index).guarded()) {
            attributes.add(RouteArg.Attribute.of32(IFLA_MASTER, new RouteArg.LinkIndex(link(net))));
        }
        attributes.add(RouteMessages.kind(
                "veth",
                List.of(new RouteArg.Attribute(
                        VETH_INFO_PEER, new RouteArg.Attributes(RouteMessages.linkHeader(number(0), false), peer)))));
    }

    private String pair() {
        return facts.choices().get(index).pair();
    }

    private List<RouteArg.Attribute> data() {
        String mode = net.options().mode().get().toUpperCase(Locale.ROOT);
        Value<Long> id = net.options().vlanId();
        return switch (net.type().get()) {
            case MACVLAN ->
                List.of(RouteArg.Attribute.of32(IFLA_MACVLAN_MODE, flags(Flag.valueOf("MACVLAN_MODE_" + mode))));
            case IPVLAN ->
                List.of(RouteArg.Attribute.of16(IFLA_IPVLAN_MODE, flags(Flag.valueOf("IPVLAN_MODE_" + mode))));
            default -> List.of(RouteArg.Attribute.of16(IFLA_VLAN_ID, number(id == null ? 0 : id.get())));
        };
    }

    /** Sets the hardware address. An ipvlan has its link's; so does a vlan, unless configured. */
    private void hardware(List<RouteArg.Attribute> attributes) {
        Value<String> written = net.hwaddr();
        if (written != null || net.is(NetType.VETH) || net.is(NetType.MACVLAN)) {
            attributes.add(RouteMessages.hardware(HardwareAddress.of(written == null ? null : written.get(), seed)));
        }
    }

    /** Sets the configured MTU. */
    static void mtu(Net net, List<RouteArg.Attribute> attributes) {
        Value<Long> mtu = net.mtu();
        if (mtu != null) {
            attributes.add(RouteArg.Attribute.of32(IFLA_MTU, number(mtu.get())));
        }
    }
}
