package io.jbox.plan;

import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.config.Value;
import io.jbox.facts.HardwareAddress;
import io.jbox.facts.NetworkFacts;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One of the box's interfaces, with its chosen names.
 *
 * @param type veth, phys and so on
 * @param name in the box
 * @param link from the configuration; empty for none
 * @param pair the host's end of a veth; empty for other types
 * @param pairAddress hardware address of that end if its name is configured; empty if the name was chosen
 * @param scriptUp command to run when the interface exists
 * @param scriptDown command to run when the box has ended
 */
public record Interface(
        String type,
        String name,
        String link,
        String pair,
        String pairAddress,
        @Nullable Value<String> scriptUp,
        @Nullable Value<String> scriptDown) {
    /**
     * The interfaces of a configuration, in order.
     *
     * @param first number of the first one
     */
    public static List<Interface> of(String box, List<Net> nets, int first, NetworkFacts facts) {
        List<Interface> interfaces = new ArrayList<>();
        List<String> names = InterfaceChoices.names(nets);
        for (int i = 0; i < nets.size(); i++) {
            Net net = nets.get(i);
            Value<String> link = net.link();
            boolean hasPair = net.is(NetType.VETH) && i < facts.choices().size();
            interfaces.add(new Interface(
                    net.type().get().word(),
                    names.get(i),
                    link == null ? "" : link.get(),
                    hasPair ? facts.choices().get(i).pair() : "",
                    hasPair && net.options().vethPair() != null
                            ? HardwareAddress.high(facts.seedOf(box, first + i))
                            : "",
                    net.script().up(),
                    net.script().down()));
        }
        return interfaces;
    }

    /** The shell command line of a script, with LXC's arguments (lxc.container.conf(5), lxc.net.[i].script.up). */
    public static String scriptLine(String box, String stage, String type, String hostName, String command) {
        return "exec " + command + " " + box + " net " + stage + " " + type
                + (hostName.isEmpty() ? "" : " " + hostName);
    }

    /** The host interface whose name scripts are given: a veth's other end, else the link. */
    public String hostName() {
        return pair.isEmpty() ? link : pair;
    }

    /** Appends the variables of interface scripts to those of all hooks. */
    public static void addTo(List<String> environment, String stage, String type, String link, String pair) {
        HookEnvironment.add("HOOK_TYPE", stage, environment);
        HookEnvironment.add("HOOK_SECTION", "net", environment);
        HookEnvironment.add("NET_TYPE", type, environment);
        if (!link.isEmpty()) {
            HookEnvironment.add("NET_PARENT", link, environment);
        }
        if (!pair.isEmpty()) {
            HookEnvironment.add("NET_PEER", pair, environment);
        }
    }
}
