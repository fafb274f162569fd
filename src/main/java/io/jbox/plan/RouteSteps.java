package io.jbox.plan;

import static io.jbox.program.Arg.number;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.IpPrefix;
import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.config.Value;
import io.jbox.facts.NetworkFacts;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.RouteArg;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.List;

/** Sets the routes of an interface: in the box through its gateways, and on the host through a veth. */
final class RouteSteps {
    /** The address of the host's end of a routed veth, as in LXC (lxc.net.[i].veth.mode). */
    private static final String ROUTER_V4 = "169.254.1.1";

    private static final String ROUTER_V6 = "fe80::1";

    private final Net net;
    private final int index;
    private final String name;
    private final NetworkFacts facts;
    private final RouteMessages messages;

    /**
     * @param index of the interface in the configuration
     * @param name of the interface in the box
     */
    RouteSteps(Net net, int index, String name, NetworkFacts facts, RouteMessages messages) {
        this.messages = messages;
        this.net = net;
        this.index = index;
        this.name = name;
        this.facts = facts;
    }

    /** Routes through the gateways, in the box. */
    void gateways(Step.Draft step) {
        gateway(net.ipv4(), IpPrefix.V4, step);
        gateway(net.ipv6(), IpPrefix.V6, step);
    }

    private void gateway(Net.Family family, int number, Step.Draft step) {
        Value<String> written = family.gateway();
        boolean byDefault = written == null
                && number == IpPrefix.V4
                && facts.choices().get(index).defaultGateway();
        if (written == null && !byDefault) {
            return;
        }
        String gateway = written == null ? "auto" : written.get();
        if (gateway.equals("auto")) {
            NetworkFacts.LinkFacts link = facts.links().get(LinkSteps.link(net));
            IpPrefix bridge = link == null ? null : link.findAddress(number);
            gateway = net.isRouted()
                    ? number == IpPrefix.V4 ? ROUTER_V4 : ROUTER_V6
                    : bridge == null ? "dev" : bridge.text();
        }
        Arg device = new RouteArg.LinkIndex(name);
        if (net.isRouted() && !gateway.equals("dev")) {
            messages.route(
                    step,
                    Descriptors.BOX_ROUTES,
                    number,
                    new IpPrefix(gateway, number, number == IpPrefix.V4 ? 32 : 128, null),
                    null,
                    device,
                    RTPROT_STATIC);
        }
        messages.route(
                step,
                Descriptors.BOX_ROUTES,
                number,
                null,
                gateway.equals("dev") ? null : gateway,
                device,
                RTPROT_STATIC);
    }

    /** Sets the host's end of a routed veth, and the routes through any veth. */
    void onHost(List<Step> steps) {
        if (!net.is(NetType.VETH)) {
            return;
        }
        Arg device = new RouteArg.LinkIndex(pair());
        Step.Draft step = Step.by(Actor.JBOX, "route to \"" + name + "\" through \"" + pair() + "\"", net.place());
        boolean any = false;
        for (int family : new int[] {IpPrefix.V4, IpPrefix.V6}) {
            Net.Family written = family == IpPrefix.V4 ? net.ipv4() : net.ipv6();
            List<IpPrefix> own = InterfaceChoices.addresses(net, facts, index, family);
            if (net.isRouted() && (!own.isEmpty() || !written.routes().isEmpty())) {
                String router = family == IpPrefix.V4 ? ROUTER_V4 : ROUTER_V6;
                int length = family == IpPrefix.V4 ? 32 : 128;
                IpPrefix address = new IpPrefix(router, family, length, null);
                messages.send(
                        step,
                        Descriptors.HOST_ROUTES,
                        RTM_NEWADDR,
                        List.of(NLM_F_CREATE, NLM_F_EXCL),
                        RouteMessages.addressHeader(family, length, false, device),
                        RouteMessages.address(address));
                for (IpPrefix reached : own) {
                    messages.route(
                            step,
                            Descriptors.HOST_ROUTES,
                            family,
                            new IpPrefix(reached.text(), family, length, null),
                            null,
                            device,
                            RTPROT_STATIC);
                }
                any = true;
            }
            for (Value<IpPrefix> route : written.routes()) {
                messages.route(step, Descriptors.HOST_ROUTES, family, route.get(), null, device, RTPROT_STATIC);
                any = true;
            }
        }
        if (any) {
            steps.add(step.hint(SENDTO, Errno.EEXIST, "the host already has such a route")
                    .build());
        }
    }

    private String pair() {
        return facts.choices().get(index).pair();
    }
}
