package io.jbox.cli;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Draws a {@link NetworkGraph}: bridges on the left, host interfaces in the middle, boxes on the right. */
final class GraphPicture {
    private static final int ROW = 34;
    private static final int HEIGHT = 24;
    private static final int CHARACTER = 7;
    private static final int PADDING = 8;
    private static final int GAP = 60;
    private static final int COLUMNS = 3;

    private final NetworkGraph graph;

    GraphPicture(NetworkGraph graph) {
        this.graph = graph;
    }

    private static int column(String id, String label) {
        return label.startsWith("bridge ") ? 0 : id.startsWith("host:") ? 1 : 2;
    }

    /** Returns SVG 1.1 without external references. */
    String svg() {
        Map<String, String> nodes = graph.nodes();
        int[] width = new int[COLUMNS];
        for (Map.Entry<String, String> node : nodes.entrySet()) {
            int column = column(node.getKey(), node.getValue());
            width[column] = Math.max(width[column], node.getValue().length() * CHARACTER + 2 * PADDING);
        }
        int[] left = {PADDING, PADDING + width[0] + GAP, PADDING + width[0] + width[1] + 2 * GAP};
        Map<String, Integer> rows = rows(nodes);
        int most = 1;
        for (int row : rows.values()) {
            most = Math.max(most, row + 1);
        }
        StringBuilder out = new StringBuilder("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"")
                .append(left[2] + width[2] + PADDING)
                .append("\" height=\"")
                .append(most * ROW + PADDING)
                .append("\" font-family=\"monospace\" font-size=\"11\">\n");
        for (NetworkGraph.Edge edge : graph.edges()) {
            int from = column(edge.from(), nodes.getOrDefault(edge.from(), ""));
            int to = column(edge.to(), nodes.getOrDefault(edge.to(), ""));
            out.append("  <line stroke=\"#555\" x1=\"").append(left[from] + width[from]);
            out.append("\" y1=\"").append(middle(rows, edge.from()));
            out.append("\" x2=\"")
                    .append(left[to])
                    .append("\" y2=\"")
                    .append(middle(rows, edge.to()))
                    .append("\"/>\n");
        }
        for (Map.Entry<String, String> node : nodes.entrySet()) {
            int column = column(node.getKey(), node.getValue());
            int y = rows.getOrDefault(node.getKey(), 0) * ROW + PADDING;
            boolean up = node.getValue().contains("  up");
            out.append("  <rect fill=\"").append(up ? "#eef6ee" : "#f4f4f4").append("\" stroke=\"#555\" rx=\"3\" x=\"");
            out.append(left[column])
                    .append("\" y=\"")
                    .append(y)
                    .append("\" width=\"")
                    .append(width[column]);
            out.append("\" height=\"")
                    .append(HEIGHT)
                    .append("\"/>\n  <text x=\"")
                    .append(left[column] + PADDING);
            out.append("\" y=\"")
                    .append(y + HEIGHT / 2 + 4)
                    .append("\">")
                    .append(escape(node.getValue()))
                    .append("</text>\n");
        }
        return out.append("</svg>\n").toString();
    }

    private static int middle(Map<String, Integer> rows, String id) {
        return rows.getOrDefault(id, 0) * ROW + PADDING + HEIGHT / 2;
    }

    /** Puts connected nodes in one row: a bridge beside its first port. */
    private Map<String, Integer> rows(Map<String, String> nodes) {
        Map<String, Integer> rows = new LinkedHashMap<>();
        Map<String, String> before = new HashMap<>();
        for (NetworkGraph.Edge edge : graph.edges()) {
            before.put(edge.to(), edge.from());
        }
        int next = 0;
        String last = "";
        for (String id : nodes.keySet()) {
            String from = before.get(id);
            boolean beside = from != null && from.equals(last);
            rows.put(id, beside ? next - 1 : next++);
            last = id;
        }
        return rows;
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
