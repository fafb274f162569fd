package io.jbox.bridge;

import io.jbox.config.Bridge;
import io.jbox.config.Capability;
import io.jbox.config.CommandName;
import io.jbox.config.Config;
import io.jbox.config.IpPrefix;
import io.jbox.config.Net;
import io.jbox.config.Value;
import io.jbox.facts.HardwareAddress;
import io.jbox.facts.NetworkFacts;
import io.jbox.facts.NetworkFolders;
import io.jbox.facts.NetworkValidity;
import io.jbox.kernel.Kernel;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.NetworkReader;
import io.jbox.problem.JboxException;
import io.jbox.schema.BridgesLoader;
import io.jbox.yaml.DocumentCache;
import java.io.File;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Gathers what a start must know of the host's network, and chooses names and addresses in it. */
public final class Networks {
    private final Kernel kernel;
    private final NetworkFolders folders;
    private final DocumentCache cache;
    private @Nullable List<Bridge> bridges;

    public Networks(Kernel kernel, NetworkFolders folders, DocumentCache cache) {
        this.kernel = kernel;
        this.folders = folders;
        this.cache = cache;
    }

    /** The purpose of a look at the host. */
    public enum Purpose {
        /** A plan: changes nothing. */
        LOOK,
        /** A lasting box: the choices are stored for it. */
        START,
        /** One command: nothing in the box requests a lease. */
        RUN,
        /** One command after another, never two at once: the choices are stored for them. */
        SLOT
    }

    /**
     * The interfaces of a box.
     *
     * @param first number of the first interface: a running box has others already
     * @param asks whether its programs may set a leased address (CAP_NET_ADMIN)
     */
    public record Wanted(String box, List<Net> nets, int first, boolean asks) {
        /** Those of a command of {@code run}. */
        public static Wanted of(Config config, String asker) {
            return new Wanted(asker, config.net(), 0, false);
        }

        /** The interfaces that a box starts with. */
        public static Wanted of(Config config) {
            return new Wanted(
                    config.name().get(),
                    config.net(),
                    0,
                    config.confinement().cap().allows(Capability.NET_ADMIN));
        }
    }

    /** The bridges that jbox manages. */
    public synchronized List<Bridge> bridges() {
        if (bridges == null) {
            bridges = BridgesLoader.load(folders.config(), cache);
        }
        return bridges;
    }

    /** All jbox bridges, to bring up and down. */
    public List<HostBridge> hostBridges() {
        List<HostBridge> all = new ArrayList<>();
        for (Bridge bridge : bridges()) {
            all.add(new HostBridge(kernel, bridge, bridges(), folders));
        }
        return all;
    }

    /** Finds a jbox bridge; null if jbox does not manage a bridge of that name. */
    public @Nullable HostBridge findBridge(String name) {
        for (Bridge bridge : bridges()) {
            if (bridge.name().equals(name)) {
                return new HostBridge(kernel, bridge, bridges(), folders);
            }
        }
        return null;
    }

    /**
     * Reads the host's network and chooses names and addresses.
     *
     * @param purpose what they are used for
     * @param running tells whether a box is running
     */
    public NetworkFacts facts(Wanted wanted, Purpose purpose, Predicate<String> running) {
        boolean any = false;
        for (Net net : wanted.nets()) {
            any |= net.isLink() || net.isKeptFromHost();
        }
        if (!any) {
            return NetworkFacts.NONE;
        }
        try (NetlinkSocket socket = NetlinkSocket.open(kernel)) {
            return new NetworkFactsReader(kernel, folders, this, wanted, purpose, running, new NetworkReader(socket))
                    .read();
        } catch (NetlinkException e) {
            throw new JboxException("rtnetlink: " + e.getMessage());
        }
    }

    /**
     * The same for a command of {@code run}, in whose box nothing asks for a lease.
     *
     * @param asker its name, or that of a slot ({@link CommandName})
     */
    public NetworkFacts factsForRun(Config config, String asker, Predicate<String> running) {
        Purpose purpose = CommandName.slot(asker).isEmpty() ? Purpose.RUN : Purpose.SLOT;
        return facts(Wanted.of(config, asker), purpose, running);
    }

    /**
     * What a start of a box goes by that found these facts.
     *
     * @return null if an interface has gone
     */
    public @Nullable NetworkValidity validity(Wanted wanted, NetworkFacts facts) {
        if (facts.equals(NetworkFacts.NONE)) {
            return NetworkValidity.NONE;
        }
        try (NetlinkSocket socket = NetlinkSocket.open(kernel)) {
            Map<String, HostBridge> own = new HashMap<>();
            for (HostBridge bridge : hostBridges()) {
                own.put(bridge.bridge().name(), bridge);
            }
            return new NetworkValidityReader(kernel, folders, own, new NetworkReader(socket))
                    .read(wanted.box(), wanted.nets(), facts);
        } catch (NetlinkException e) {
            throw new JboxException("rtnetlink: " + e.getMessage());
        }
    }

    /**
     * Registers a box's names and addresses on jbox bridges.
     *
     * @param first number of the first interface
     */
    public void register(String box, List<Net> nets, int first, NetworkFacts facts) {
        for (int i = 0; i < nets.size(); i++) {
            Net net = nets.get(i);
            Value<String> link = net.link();
            NetworkFacts.Choice choice = facts.choices().get(i);
            IpPrefix known = choice.known();
            HostBridge own = link == null || known == null ? null : findBridge(link.get());
            if (own != null && known != null) {
                Value<String> template = net.hwaddr();
                String hardware =
                        HardwareAddress.of(template == null ? null : template.get(), facts.seedOf(box, first + i));
                own.dnsmasq().register(box + "#" + (first + i), box, known.text(), choice.leased() ? hardware : null);
            }
        }
    }

    /**
     * Brings up the jbox bridges that are down according to the facts, which describe them as up.
     *
     * @return what the host lacks, one line each
     */
    public List<String> bringUp(NetworkFacts facts) {
        List<String> lacking = new ArrayList<>();
        for (String name : facts.down()) {
            lacking.addAll(bringUp(name));
        }
        return lacking;
    }

    /**
     * Brings up one jbox bridge.
     *
     * @return what the host lacks, one line each
     */
    public List<String> bringUp(String name) {
        List<String> lacking = new ArrayList<>();
        HostBridge bridge = findBridge(name);
        for (String missing : bridge == null ? List.<String>of() : bridge.up()) {
            lacking.add(name + ": this host lacks " + missing);
        }
        return lacking;
    }

    /** Removes names and leases of a box's interfaces from a number on. */
    public void forget(String box, int first) {
        for (HostBridge bridge : hostBridges()) {
            bridge.dnsmasq().forget(box, first);
        }
    }

    /**
     * Releases the addresses of a removed box, and of its slots for commands.
     *
     * @param taken tells of a slot whether a command uses it
     */
    public void forget(String box, Predicate<String> taken) {
        String[] books = new File(folders.lasting()).list();
        for (String book : books == null ? new String[0] : books) {
            if (!book.endsWith(".lock") && !book.endsWith(".new")) {
                new AddressBook(kernel, folders, book).release(box, taken);
                HostBridge own = findBridge(book);
                if (own != null) {
                    own.dnsmasq().forget(box, 0);
                }
            }
        }
    }
}
