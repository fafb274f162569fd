package io.jbox.yaml;

import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.problem.Source;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.AnchorNode;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/** Parses YAML text into a {@link Node} tree with SnakeYAML, with limits that no honest configuration reaches. */
public final class YamlParser {
    /** The maximum length of a file in characters. */
    static final int MAX_SIZE = 2 * 1024 * 1024;

    static final int MAX_DEPTH = 16;
    static final int MAX_ALIASES = 50;
    /** The maximum number of nodes after aliases are expanded, which stops alias bombs. */
    static final int MAX_NODES = 20_000;

    private final Source source;
    private int nodes;

    private YamlParser(Source source) {
        this.source = source;
    }

    /**
     * @return the root of the only document
     * @throws JboxException if the text is not one YAML document within bounds, with place
     */
    public static Node parse(Source source) {
        return new YamlParser(source).parse();
    }

    private Node parse() {
        if (source.text().length() > MAX_SIZE) {
            throw failure("configuration is larger than " + MAX_SIZE / 1024 + " KiB", Place.of(source), null);
        }
        LoaderOptions options = new LoaderOptions();
        options.setMaxAliasesForCollections(MAX_ALIASES);
        options.setNestingDepthLimit(MAX_DEPTH);
        options.setCodePointLimit(MAX_SIZE);
        org.yaml.snakeyaml.nodes.@Nullable Node root;
        try {
            StreamReader reader = new StreamReader(new StringReader(source.text()));
            root = new Composer(new ParserImpl(reader, options), new Resolver(), options).getSingleNode();
        } catch (MarkedYAMLException e) {
            throw marked(e);
        } catch (ReaderException e) {
            throw failure(
                    "character U+" + String.format("%04X", e.getCodePoint()) + " is not allowed in YAML",
                    placeOf(e.getPosition()),
                    null);
        } catch (YAMLException e) {
            String message = String.valueOf(e.getMessage());
            if (message.contains("Nesting Depth")) {
                throw failure("nested deeper than " + MAX_DEPTH, Place.of(source), null);
            }
            if (message.contains("aliases")) {
                throw failure("over " + MAX_ALIASES + " aliases", Place.of(source), null);
            }
            throw failure(firstLine(message), Place.of(source), null);
        }
        if (root == null) {
            throw failure("configuration is empty", Place.of(source), null);
        }
        return convert(root, 0);
    }

    private Node convert(org.yaml.snakeyaml.nodes.Node node, int depth) {
        Place place = place(node.getStartMark());
        if (depth > MAX_DEPTH) {
            throw failure("nested deeper than " + MAX_DEPTH, place, "does an alias contain itself?");
        }
        if (++nodes > MAX_NODES) {
            throw failure("over " + MAX_NODES + " values", place, "there are too many aliases of aliases");
        }
        if (!node.getTag().startsWith(Tag.PREFIX) || node.getTag().equals(Tag.BINARY)) {
            throw failure("tag " + node.getTag() + " is not known here", place, "write plain values");
        }
        if (node instanceof ScalarNode scalar) {
            return new Node.Scalar(scalar.getValue(), scalar.isPlain(), place);
        }
        if (node instanceof SequenceNode sequence) {
            List<Node> items = new ArrayList<>();
            for (org.yaml.snakeyaml.nodes.Node item : sequence.getValue()) {
                items.add(convert(item, depth + 1));
            }
            return new Node.Sequence(items, place);
        }
        if (node instanceof MappingNode mapping) {
            List<Node.Entry> entries = new ArrayList<>();
            for (NodeTuple tuple : mapping.getValue()) {
                if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                    throw failure("key is not text", place(tuple.getKeyNode().getStartMark()), null);
                }
                Node.Scalar name = new Node.Scalar(key.getValue(), key.isPlain(), place(key.getStartMark()));
                entries.add(new Node.Entry(name, convert(tuple.getValueNode(), depth + 1)));
            }
            return new Node.Mapping(entries, place);
        }
        String name = node instanceof AnchorNode ? "anchor" : "node";
        throw failure(name + " cannot be used here", place, null);
    }

    private JboxException marked(MarkedYAMLException e) {
        Mark mark = e.getProblemMark() != null ? e.getProblemMark() : e.getContextMark();
        Place place = mark == null ? Place.of(source) : place(mark);
        String problem = e.getProblem() == null ? firstLine(String.valueOf(e.getMessage())) : e.getProblem();
        if (problem.contains("\\t(TAB)") || problem.contains("'\t'")) {
            return failure("a tab cannot indent YAML", place, "indent with spaces");
        }
        if (problem.contains("but found another document")) {
            return failure("a second document begins here", place, "a configuration is one document");
        }
        if (problem.startsWith("Global tag is not allowed")) {
            String tag = problem.substring(problem.lastIndexOf(':') + 1);
            return failure("tag !!" + tag + " is not known here", place, "write plain values");
        }
        if (problem.contains("undefined alias")) {
            return failure(problem.replace("found ", ""), place, "define it before with &NAME");
        }
        String context = e.getContext();
        String message = context == null || context.isEmpty() ? problem : context + ": " + problem;
        return failure(firstLine(message), place, null);
    }

    private Place place(@Nullable Mark mark) {
        return mark == null ? Place.of(source) : new Place(source, mark.getLine() + 1, mark.getColumn() + 1);
    }

    private Place placeOf(int position) {
        int line = 1;
        int column = 1;
        for (int i = 0; i < Math.min(position, source.text().length()); i++) {
            column++;
            if (source.text().charAt(i) == '\n') {
                line++;
                column = 1;
            }
        }
        return new Place(source, line, column);
    }

    private static String firstLine(String text) {
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }

    private static JboxException failure(String message, Place place, @Nullable String hint) {
        return new JboxException(new Problem(message, place, hint));
    }
}
