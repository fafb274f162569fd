package io.jbox.schema;

import io.jbox.config.Bridge;
import io.jbox.config.IpPrefix;
import io.jbox.config.Value;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.problem.Source;
import io.jbox.yaml.DocumentCache;
import io.jbox.yaml.SourceReader;
import java.io.File;
import java.util.ArrayList;
import java.util.List;

/**
 * Loads the bridges that jbox manages from {@code /etc/jbox/net.yaml}.
 *
 * <pre>
 * bridges:
 *   - {name: jboxbr0, ipv4: 10.0.4.1/24, nat: true, dhcp: true, domain: jbox}
 * </pre>
 */
public final class BridgesLoader {
    /** The system's file, if it exists. */
    public static final String SYSTEM = "/etc/jbox/net.yaml";

    /** The configuration if there is no file. */
    private static final String DEFAULT = "bridges: [{}]";

    private static final Key<String> NAME = new Key<>("name", NetScalars.INTERFACE, "The interface", "jboxbr0");
    private static final Key<IpPrefix> IPV4 =
            new Key<>("ipv4", NetScalars.IPV4_PREFIX, "Its address and network", "10.0.4.1/24");
    private static final Key<IpPrefix> IPV6 = new Key<>("ipv6", NetScalars.IPV6_PREFIX, "Its IPv6 address and network");
    private static final Key<Long> MTU = new Key<>("mtu", Scalars.number(1280, 65_535), "In bytes", "1500");
    private static final Key<Boolean> NAT = new Key<>(
            "nat", Scalars.BOOL, "Whether boxes' connections to other networks come from the host's address", "true");
    private static final Key<Boolean> DHCP =
            new Key<>("dhcp", Scalars.BOOL, "Whether dnsmasq serves it with DHCP and DNS", "true");
    private static final Key<String> DOMAIN =
            new Key<>("domain", NameScalars.HOST_NAME, "DNS domain of box names", "jbox");
    private static final Key<List<Value<Section>>> BRIDGES = new Key<>(
            "bridges",
            new Sequence<>(new Fields(NAME, IPV4, IPV6, MTU, NAT, DHCP, DOMAIN), Sequence.Separator.NONE),
            "The bridges that jbox manages");
    private static final Fields ROOT = new Fields(BRIDGES);

    private static final int LEAST_HOST_BITS = 2;

    private BridgesLoader() {}

    /**
     * @param path of the file, which need not exist
     * @throws JboxException with every problem found, each with its place
     */
    public static List<Bridge> load(String path, DocumentCache cache) {
        Source source = new File(path).exists() ? SourceReader.read(path, null) : new Source(path, DEFAULT);
        List<Problem> problems = new ArrayList<>();
        Section root = ROOT.read(cache.parse(source), "", problems);
        List<Bridge> bridges = new ArrayList<>();
        if (root != null && problems.isEmpty()) {
            for (Value<Section> value : root.list(BRIDGES)) {
                bridges.add(bridge(value.get(), value.place(), bridges, problems));
            }
        }
        if (!problems.isEmpty()) {
            throw new JboxException(problems, JboxException.FAILED);
        }
        return List.copyOf(bridges);
    }

    private static Bridge bridge(Section section, Place place, List<Bridge> others, List<Problem> problems) {
        Value<IpPrefix> ipv4 = section.get(IPV4);
        check(ipv4, 32, problems);
        Value<IpPrefix> ipv6 = section.find(IPV6);
        if (ipv6 != null) {
            check(ipv6, 128, problems);
        }
        String name = section.get(NAME).get();
        for (Bridge other : others) {
            if (other.name().equals(name)) {
                problems.add(new Problem("bridge " + name + ": is given twice", place));
            }
            if (other.ipv4().get().contains(ipv4.get().bytes())
                    || ipv4.get().contains(other.ipv4().get().bytes())) {
                problems.add(new Problem(
                        "bridge " + name + ": its network overlaps with that of " + other.name(), ipv4.place()));
            }
        }
        return new Bridge(
                name,
                ipv4,
                ipv6,
                section.get(MTU).get(),
                section.get(NAT).get(),
                section.get(DHCP).get(),
                section.get(DOMAIN).get());
    }

    private static void check(Value<IpPrefix> value, int bits, List<Problem> problems) {
        IpPrefix prefix = value.get();
        if (prefix.isAuto() || prefix.length() > bits - LEAST_HOST_BITS || prefix.length() < 8) {
            problems.add(new Problem(
                    "\"" + prefix + "\" is not a host address with its network", value.place(), "such as 10.0.4.1/24"));
        } else if (isNobodys(prefix)) {
            problems.add(new Problem(
                    "\"" + prefix + "\" is the network's own address or its broadcast address: no host can have it",
                    value.place(),
                    "such as 10.0.4.1/24"));
        }
    }

    /** Whether no host can have the address: its host part has no bit set, or in IPv4 all of them. */
    private static boolean isNobodys(IpPrefix prefix) {
        byte[] bytes = prefix.bytes();
        boolean none = true;
        boolean all = bytes.length == 4;
        for (int bit = prefix.length(); bit < Byte.SIZE * bytes.length; bit++) {
            boolean set = (bytes[bit / Byte.SIZE] & 0x80 >> bit % Byte.SIZE) != 0;
            none &= !set;
            all &= set;
        }
        return none || all;
    }
}
