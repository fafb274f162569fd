package io.jbox.plan;

import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.IpPrefix;
import io.jbox.config.Net;
import io.jbox.config.Value;
import io.jbox.facts.HardwareAddress;
import io.jbox.facts.NetworkFacts;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.RouteArg;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.ArrayList;
import java.util.List;

/**
 * Restricts a box to its own source addresses: loads a {@link SourceProgram} at the host's end of its veth before that
 * joins the bridge.
 */
final class SourceSteps {
    private static final Descriptor PROGRAM = new Descriptor("source-program");
    /** The length of a prefix whose addresses end in the interface's hardware address (RFC 4291). */
    private static final int INTERFACE_BITS = 64;

    private final Net net;
    private final int index;
    private final NetworkFacts facts;
    private final RouteMessages messages;

    /** @param index of the interface in the configuration */
    SourceSteps(Net net, int index, NetworkFacts facts, RouteMessages messages) {
        this.messages = messages;
        this.net = net;
        this.index = index;
        this.facts = facts;
    }

    /**
     * @param name of the interface in the box
     * @param seed of its hardware address
     */
    void guard(String name, String seed, List<Step> steps) {
        Value<String> template = net.hwaddr();
        byte[] hardware = HardwareAddress.bytes(HardwareAddress.of(template == null ? null : template.get(), seed));
        DataArg.Code code = new DataArg.Code("its own addresses", SourceProgram.of(hardware, ipv4(), ipv6(hardware)));
        Step.Draft load = Step.by(
                Actor.JBOX,
                "restrict \"" + name + "\" to its own addresses",
                net.options().spoof().place());
        steps.add(BpfAssembler.load(load, BPF_PROG_TYPE_SCHED_CLS, code, PROGRAM)
                .hint(BPF, Errno.EINVAL, "the kernel refuses the program: spoof: allow does without it")
                .build());
        String pair = facts.choices().get(index).pair();
        Arg port = new RouteArg.LinkIndex(pair);
        Step.Draft step = Step.by(Actor.JBOX, "attach \"" + pair + "\" to bridge \"" + bridge() + "\"", net.place());
        messages.filter(step, Descriptors.HOST_ROUTES, port, PROGRAM);
        messages.send(
                step,
                Descriptors.HOST_ROUTES,
                RTM_NEWLINK,
                List.of(),
                RouteMessages.linkHeader(port, false),
                List.of(RouteArg.Attribute.of32(IFLA_MASTER, new RouteArg.LinkIndex(bridge()))));
        steps.add(step.hint(SENDTO, Errno.ENOENT, "this kernel has no CONFIG_NET_CLS_BPF: spoof: allow does without it")
                .hint(
                        SENDTO,
                        Errno.EOPNOTSUPP,
                        "this kernel has no CONFIG_NET_SCH_INGRESS: spoof: allow does without it")
                .build());
    }

    private String bridge() {
        Value<String> link = net.link();
        return link == null ? "" : link.get();
    }

    private List<byte[]> ipv4() {
        List<byte[]> own = new ArrayList<>();
        for (IpPrefix address : InterfaceChoices.addresses(net, facts, index, IpPrefix.V4)) {
            own.add(address.bytes());
        }
        IpPrefix leased = facts.choices().get(index).known();
        if (leased != null && own.isEmpty()) {
            own.add(leased.bytes());
        }
        return own;
    }

    private List<byte[]> ipv6(byte[] hardware) {
        List<byte[]> own = new ArrayList<>(List.of(HardwareAddress.linkLocal(hardware)));
        for (IpPrefix address : InterfaceChoices.addresses(net, facts, index, IpPrefix.V6)) {
            own.add(address.bytes());
        }
        NetworkFacts.LinkFacts link = facts.links().get(bridge());
        IpPrefix network = link == null ? null : link.findAddress(IpPrefix.V6);
        if (network != null && network.length() == INTERFACE_BITS) {
            // The address that the box derives from a router advertisement (RFC 4862).
            own.add(HardwareAddress.inNetwork(network.bytes(), hardware));
        }
        return own;
    }
}
