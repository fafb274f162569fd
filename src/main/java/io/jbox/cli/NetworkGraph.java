package io.jbox.cli;

import io.jbox.nic.BoxLink;
import io.jbox.nic.HostLink;
import io.jbox.nic.NetworkMap;
import io.jbox.problem.Printable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The data of {@code jbox net graph}: the host, its bridges, their ports, and other interfaces of boxes.
 *
 * @param bridges of the host, each with its ports
 * @param others host interfaces that are on no bridge, with the boxes' ends of such veths
 * @param boxes interfaces of boxes that are not connected to the host's, mainly lent ones
 */
record NetworkGraph(List<Bridge> bridges, List<Port> others, Map<String, List<BoxLink>> boxes) {
    record Bridge(HostLink link, List<Port> ports) {}

    /**
     * An interface of the host.
     *
     * @param inside the other end, in a box; none or one
     */
    record Port(HostLink link, List<BoxLink> inside) {}

    static NetworkGraph of(NetworkMap map) {
        Map<String, List<BoxLink>> inside = new LinkedHashMap<>();
        Map<String, List<BoxLink>> alone = new LinkedHashMap<>();
        for (BoxLink link : map.boxes()) {
            Map<String, List<BoxLink>> to = link.pair().isEmpty() ? alone : inside;
            String key = link.pair().isEmpty() ? link.box() : link.pair();
            List<BoxLink> list = to.getOrDefault(key, new ArrayList<>());
            list.add(link);
            to.put(key, list);
        }
        List<Bridge> bridges = new ArrayList<>();
        List<Port> others = new ArrayList<>();
        for (HostLink link : map.host()) {
            String name = link.link().name();
            if (link.link().kind().equals("bridge")) {
                List<Port> ports = new ArrayList<>();
                for (HostLink port : map.host()) {
                    if (port.bridge().equals(name)) {
                        ports.add(port(port, inside));
                    }
                }
                bridges.add(new Bridge(link, ports));
            } else if (link.bridge().isEmpty() && !link.link().isLoopback()) {
                others.add(port(link, inside));
            }
        }
        return new NetworkGraph(bridges, others, alone);
    }

    private static Port port(HostLink link, Map<String, List<BoxLink>> inside) {
        return new Port(link, inside.getOrDefault(link.link().name(), List.of()));
    }

    /** Name, state and addresses of a host interface. */
    static String describe(HostLink link) {
        return words(
                link.link().name(),
                link.link().isUp() ? link.link().carrier() ? "up" : "no carrier" : "down",
                link.addresses());
    }

    /** The same for one in a box, with the box's texts made safe to print. */
    static String describe(BoxLink link) {
        String name = Printable.of(link.link().name()) + (link.lent().isEmpty() ? "" : " (" + link.lent() + ")");
        return words(name, link.state(), link.addresses());
    }

    private static String words(String name, String state, List<String> addresses) {
        return name + "  " + state + (addresses.isEmpty() ? "" : "  " + String.join(" ", addresses));
    }

    /** Returns a tree for a terminal. */
    String text() {
        List<String> lines = new ArrayList<>();
        List<List<String>> branches = new ArrayList<>();
        for (Bridge bridge : bridges) {
            List<List<String>> ports = new ArrayList<>();
            for (Port port : bridge.ports) {
                ports.add(List.of(text(port)));
            }
            branches.add(tree("bridge " + describe(bridge.link), ports));
        }
        for (Port port : others) {
            branches.add(List.of(text(port)));
        }
        for (Map.Entry<String, List<BoxLink>> box : boxes.entrySet()) {
            List<List<String>> links = new ArrayList<>();
            for (BoxLink link : box.getValue()) {
                links.add(List.of(link.kind() + " " + describe(link)));
            }
            branches.add(tree("box " + box.getKey(), links));
        }
        lines.addAll(tree("host", branches));
        return String.join("\n", lines) + "\n";
    }

    private static String text(Port port) {
        String text = describe(port.link);
        for (BoxLink link : port.inside) {
            text += " ── box " + link.box() + ": " + describe(link);
        }
        return text;
    }

    private static List<String> tree(String root, List<List<String>> branches) {
        List<String> lines = new ArrayList<>(List.of(root));
        for (int i = 0; i < branches.size(); i++) {
            boolean last = i + 1 == branches.size();
            List<String> branch = branches.get(i);
            for (int j = 0; j < branch.size(); j++) {
                String indent = j == 0 ? last ? "└─ " : "├─ " : last ? "   " : "│  ";
                lines.add(indent + branch.get(j));
            }
        }
        return lines;
    }

    /** An edge between two nodes, each with an id and a label. */
    record Edge(String from, String to) {}

    /** The labels of nodes by their ids, in order: the host's first. */
    Map<String, String> nodes() {
        Map<String, String> nodes = new LinkedHashMap<>();
        for (Bridge bridge : bridges) {
            nodes.put("host:" + bridge.link.link().name(), "bridge " + describe(bridge.link));
            bridge.ports.forEach(port -> nodes(port, nodes));
        }
        others.forEach(port -> nodes(port, nodes));
        for (List<BoxLink> links : boxes.values()) {
            for (BoxLink link : links) {
                nodes.put(id(link), "box " + link.box() + ": " + describe(link));
            }
        }
        return nodes;
    }

    private static void nodes(Port port, Map<String, String> nodes) {
        nodes.put("host:" + port.link.link().name(), describe(port.link));
        for (BoxLink link : port.inside) {
            nodes.put(id(link), "box " + link.box() + ": " + describe(link));
        }
    }

    private static String id(BoxLink link) {
        return "box:" + link.box() + ":" + link.link().index();
    }

    List<Edge> edges() {
        List<Edge> edges = new ArrayList<>();
        for (Bridge bridge : bridges) {
            for (Port port : bridge.ports) {
                edges.add(new Edge(
                        "host:" + bridge.link.link().name(),
                        "host:" + port.link.link().name()));
                edges(port, edges);
            }
        }
        others.forEach(port -> edges(port, edges));
        return edges;
    }

    private static void edges(Port port, List<Edge> edges) {
        for (BoxLink link : port.inside) {
            edges.add(new Edge("host:" + port.link.link().name(), id(link)));
        }
    }

    /** Returns the graph for Graphviz. */
    String dot() {
        StringBuilder out = new StringBuilder("graph jbox {\n  rankdir=LR\n  node [shape=box fontname=monospace]\n");
        for (Map.Entry<String, String> node : nodes().entrySet()) {
            out.append("  ")
                    .append(quote(node.getKey()))
                    .append(" [label=")
                    .append(quote(node.getValue()))
                    .append("]\n");
        }
        for (Edge edge : edges()) {
            out.append("  ")
                    .append(quote(edge.from))
                    .append(" -- ")
                    .append(quote(edge.to))
                    .append('\n');
        }
        return out.append("}\n").toString();
    }

    private static String quote(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    /** Returns the graph for Markdown. */
    String mermaid() {
        StringBuilder out = new StringBuilder("graph LR\n");
        Map<String, String> ids = new LinkedHashMap<>();
        for (Map.Entry<String, String> node : nodes().entrySet()) {
            ids.put(node.getKey(), "n" + ids.size());
            String label = node.getValue().replace("\"", "#quot;");
            out.append("  ")
                    .append(ids.get(node.getKey()))
                    .append("[\"")
                    .append(label)
                    .append("\"]\n");
        }
        for (Edge edge : edges()) {
            out.append("  ")
                    .append(ids.get(edge.from))
                    .append(" --- ")
                    .append(ids.get(edge.to))
                    .append('\n');
        }
        return out.toString();
    }
}
