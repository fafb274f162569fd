package io.jbox.cli;

import io.jbox.bridge.BridgeStatus;
import io.jbox.nic.BoxLink;
import io.jbox.problem.Printable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Formats the output of {@code jbox net ls} and {@code jbox net status}. */
final class NetListing {
    private static final List<String> HEADING =
            List.of("BOX", "NAME", "TYPE", "STATE", "HWADDR", "MTU", "PAIR", "BRIDGE", "FROM", "RX", "TX", "ADDRESSES");

    private NetListing() {}

    static String table(List<BoxLink> links) {
        List<List<String>> rows = new ArrayList<>(List.of(HEADING));
        for (BoxLink link : links) {
            rows.add(List.of(
                    link.box(),
                    Printable.of(link.link().name()),
                    Printable.of(link.kind()),
                    link.state().replace(' ', '-'),
                    link.link().hardware(),
                    Integer.toString(link.link().mtu().bytes()),
                    dash(link.pair()),
                    dash(link.bridge()),
                    dash(link.lent()),
                    Long.toString(link.link().counters().receivedBytes()),
                    Long.toString(link.link().counters().sentBytes()),
                    dash(String.join(",", link.addresses()))));
        }
        return links.isEmpty() ? "" : Table.align(rows);
    }

    private static String dash(String text) {
        return text.isEmpty() ? "-" : text;
    }

    static List<Object> json(List<BoxLink> links) {
        List<Object> list = new ArrayList<>();
        for (BoxLink link : links) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("box", link.box());
            map.put("name", link.link().name());
            map.put("type", link.kind());
            map.put("state", link.state());
            map.put("hwaddr", link.link().hardware());
            map.put("mtu", (long) link.link().mtu().bytes());
            map.put("pair", link.pair());
            map.put("bridge", link.bridge());
            map.put("from", link.lent());
            map.put("addresses", link.addresses());
            map.put("rx_bytes", link.link().counters().receivedBytes());
            map.put("tx_bytes", link.link().counters().sentBytes());
            map.put("rx_packets", link.link().counters().receivedPackets());
            map.put("tx_packets", link.link().counters().sentPackets());
            list.add(map);
        }
        return list;
    }

    static String text(BridgeStatus status) {
        StringBuilder out = new StringBuilder(status.name())
                .append(": ")
                .append(status.isUp() ? "up" : "down")
                .append('\n');
        out.append("  address     ")
                .append(String.join(", ", status.addresses()))
                .append('\n');
        out.append("  dnsmasq     ")
                .append(status.dnsmasq() == 0 ? "-" : "pid " + status.dnsmasq())
                .append('\n');
        out.append("  forwarding  ").append(status.forwarding() ? "on" : "off").append('\n');
        out.append("  nat         ").append(status.nat() ? "on" : "off").append('\n');
        for (String missing : status.missing()) {
            out.append("  missing     ").append(missing).append('\n');
        }
        return out.toString();
    }

    static Map<String, Object> json(BridgeStatus status) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("name", status.name());
        map.put("up", status.isUp());
        map.put("addresses", status.addresses());
        map.put("dnsmasq", (long) status.dnsmasq());
        map.put("forwarding", status.forwarding());
        map.put("nat", status.nat());
        map.put("missing", status.missing());
        return map;
    }
}
