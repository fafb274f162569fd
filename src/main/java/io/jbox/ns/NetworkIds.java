package io.jbox.ns;

import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.netlink.MessageWriter;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.NetworkReader;
import io.jbox.problem.JboxException;
import io.jbox.uapi.Rtnl;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The numbers by which network namespaces know each other, with the names that some have ({@link NamedNetworks}). */
public final class NetworkIds {
    private final Kernel kernel = NativeKernel.open();
    private final NamedNetworks networks;

    public NetworkIds(NamedNetworks networks) {
        this.networks = networks;
    }

    /**
     * Facts about an id.
     *
     * @param here our network namespace's id of the same; {@link NamespaceEntry#UNASSIGNED} for none
     * @param name null for none
     */
    public record Known(int here, @Nullable String name) {}

    /** Those of named networks in ours, {@link NamespaceEntry#UNASSIGNED} for none, by name. */
    public Map<String, Integer> ofNames() {
        Map<String, Integer> ids = new LinkedHashMap<>();
        try (NetlinkSocket socket = NetlinkSocket.open(kernel)) {
            NetworkReader network = new NetworkReader(socket);
            for (String name : networks.names()) {
                try (Fd file = networks.find(name)) {
                    ids.put(name, file == null ? NamespaceEntry.UNASSIGNED : id(network, file));
                }
            }
        }
        return ids;
    }

    private static int id(NetworkReader network, Fd file) {
        try {
            return network.namespaceId(file.number());
        } catch (NetlinkException e) {
            // The name is not that of a network namespace.
            return NamespaceEntry.UNASSIGNED;
        }
    }

    /**
     * The ids by which a network namespace knows others.
     *
     * @param target our id of it; -1 for our own
     * @throws JboxException if there is no such id
     */
    public Map<Integer, Known> known(int target) {
        Map<String, Integer> named = ofNames();
        Map<Integer, Known> known = new TreeMap<>();
        try (NetlinkSocket socket = NetlinkSocket.open(kernel)) {
            for (NetworkReader.NamespaceId id : new NetworkReader(socket).namespaceIds(target)) {
                int here = target < 0 ? id.id() : id.current();
                String found = null;
                for (Map.Entry<String, Integer> entry : named.entrySet()) {
                    found = here >= 0 && entry.getValue() == here ? entry.getKey() : found;
                }
                known.put(id.id(), new Known(here, found));
            }
        } catch (NetlinkException e) {
            throw new JboxException("the ids of network namespace " + target + ": " + e.getMessage());
        }
        return known;
    }

    /**
     * Assigns a named network an id in ours; -1 lets the kernel choose.
     *
     * @return why the kernel refuses: an id cannot be changed, and is unique; null if it does not
     */
    public @Nullable String assign(String name, int id) {
        try (Fd file = networks.openFile(name, JboxException.FAILED);
                NetlinkSocket socket = NetlinkSocket.open(kernel)) {
            socket.request(new MessageWriter(Rtnl.RTM_NEWNSID, 0)
                    .u32(0)
                    .attribute32(Rtnl.NETNSA_FD, file.number())
                    .attribute32(Rtnl.NETNSA_NSID, id));
            return null;
        } catch (NetlinkException e) {
            return e.getMessage();
        }
    }
}
