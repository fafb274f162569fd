package io.jbox.bridge;

import io.jbox.kernel.Kernel;
import io.jbox.netlink.Link;
import io.jbox.netlink.MessageWriter;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.NetworkReader;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxSpec;
import io.jbox.state.DamagedRecordException;
import io.jbox.state.StateFolder;
import io.jbox.uapi.Rtnl;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Who is connected to a bridge, and which running boxes should be. */
final class BridgePorts {
    /** What the names begin with that jbox makes up for the host's ends. */
    private static final String MADE_UP = "veth";

    private final String bridge;
    private final StateFolder state;

    /** @param state the folder of the states of running boxes */
    BridgePorts(Kernel kernel, String bridge, String state) {
        this.bridge = bridge;
        this.state = new StateFolder(kernel, state);
    }

    /** The boxes that belong on it, by the names of the host's ends of their interfaces. */
    Map<String, String> boxes() {
        Map<String, String> boxes = new LinkedHashMap<>();
        for (BoxRecord record : records()) {
            for (BoxSpec.Nic nic : record.spec().nics()) {
                if (isOn(nic)) {
                    boxes.put(nic.pair(), record.spec().name());
                }
            }
        }
        return boxes;
    }

    private boolean isOn(BoxSpec.Nic nic) {
        return nic.type().equals("veth")
                && nic.link().equals(bridge)
                && !nic.pair().isEmpty();
    }

    private List<BoxRecord> records() {
        List<BoxRecord> records = new ArrayList<>();
        for (String box : state.names()) {
            try {
                BoxRecord record = state.read(box);
                if (record != null) {
                    records.add(record);
                }
            } catch (DamagedRecordException e) {
                continue; // commands on that box report it
            }
        }
        return records;
    }

    /** The names of all ports. */
    static List<String> names(NetworkReader reader, Link link) throws NetlinkException {
        List<String> ports = new ArrayList<>();
        for (Link port : reader.links()) {
            if (port.attachment().master() == link.index()) {
                ports.add(port.name());
            }
        }
        return ports;
    }

    /** The ports in use, sorted: boxes by their names, other ports by theirs. */
    List<String> users(NetworkReader reader, Link link) throws NetlinkException {
        Map<String, String> boxes = boxes();
        TreeSet<String> users = new TreeSet<>();
        for (String port : names(reader, link)) {
            users.add(boxes.getOrDefault(port, port));
        }
        return List.copyOf(users);
    }

    /**
     * How many ports have names that jbox makes up, and are no box's: the kernel removes the interfaces of a box that has
     * ended in its own time.
     */
    int leaving(NetworkReader reader, Link link) throws NetlinkException {
        Map<String, String> boxes = boxes();
        int leaving = 0;
        for (String port : names(reader, link)) {
            leaving += port.startsWith(MADE_UP) && !boxes.containsKey(port) ? 1 : 0;
        }
        return leaving;
    }

    /** Reconnects a port, unless it is gone or was moved to another bridge. */
    static void reconnect(NetlinkSocket socket, NetworkReader reader, String port, Link link) throws NetlinkException {
        Link pair = reader.findLink(port);
        if (pair != null && isOff(pair, link)) {
            socket.request(new MessageWriter(Rtnl.RTM_NEWLINK, 0)
                    .u32(0)
                    .u32(pair.index())
                    .u32(Rtnl.IFF_UP)
                    .u32(Rtnl.IFF_UP)
                    .attribute32(Rtnl.IFLA_MASTER, link.index()));
        }
    }

    /** The boxes that should be connected, but are not. */
    List<String> disconnected(NetworkReader reader, Link link) throws NetlinkException {
        List<String> off = new ArrayList<>();
        for (Map.Entry<String, String> port : boxes().entrySet()) {
            if (isOff(reader.findLink(port.getKey()), link)) {
                off.add(port.getValue());
            }
        }
        return off;
    }

    /** Whether a box's end is down or on no bridge; an end on another bridge was moved deliberately. */
    private static boolean isOff(@Nullable Link pair, Link link) {
        return pair != null
                && pair.kind().equals("veth")
                && (pair.attachment().master() == 0 || pair.attachment().master() == link.index() && !pair.isUp());
    }
}
