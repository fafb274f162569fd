package io.jbox.plan;

import io.jbox.config.Net;
import io.jbox.config.Value;
import io.jbox.facts.HardwareAddress;
import io.jbox.facts.NetworkFacts;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One of the box's interfaces, with the names that were chosen.
 *
 * @param type veth, phys and so on
 * @param name in the box
 * @param link of the configuration; empty for none
 * @param pair the host's end of a veth; empty for other types
 * @param pairAddress the hardware address of that end, where its name is written; empty where it was chosen
 * @param scriptUp command to run when it is there
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
     * Those of a configuration, in its order.
     *
     * @param first number of the first of them
     */
    public static List<Interface> of(String box, List<Net> nets, int first, NetworkFacts facts) {
        List<Interface> interfaces = new ArrayList<>();
        List<String> names = InterfaceChoices.names(nets);
        for (int i = 0; i < nets.size(); i++) {
            Net net = nets.get(i);
            Value<String> link = net.link();
            boolean hasPair = net.is("veth") && i < facts.choices().size();
            interfaces.add(new Interface(
                    net.type().get(),
                    names.get(i),
                    link == null ? "" : link.get(),
                    hasPair ? facts.choices().get(i).pair() : "",
                    hasPair && net.vethPair() != null ? HardwareAddress.high(facts.seedOf(box, first + i)) : "",
                    net.scriptUp(),
                    net.scriptDown()));
        }
        return interfaces;
    }

    /** The shell's command line of a script, with LXC's arguments (lxc.container.conf(5), lxc.net.[i].script.up). */
    public static String scriptLine(String box, String stage, String type, String hostName, String command) {
        return "exec " + command + " " + box + " net " + stage + " " + type
                + (hostName.isEmpty() ? "" : " " + hostName);
    }

    /** The name on the host that scripts are told: a veth's other end, else the link. */
    public String hostName() {
        return pair.isEmpty() ? link : pair;
    }

    /** What a script finds in its environment; appended to what all hooks do. */
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
