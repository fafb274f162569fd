package io.jbox.yaml;

import io.jbox.problem.Place;
import io.jbox.problem.Source;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Caches parsed documents by their text, so that a command need not load a YAML parser (25 to 50 ms of a JVM's start)
 * for a known text.
 *
 * <p>An entry holds the whole text and is used only for exactly that text, so it is never stale; the folder must be one
 * that only the user can write to. If an entry cannot be read or written, the text is parsed. The oldest of many
 * entries are removed.
 */
public final class DocumentCache {
    private static final int VERSION = 2;
    private static final int MAX_ENTRY = 8 * YamlParser.MAX_SIZE;
    private static final int MOST_ENTRIES = 256;
    private static final String ENDING = ".yaml-tree";
    private static final int SCALAR = 0;
    private static final int SEQUENCE = 1;
    private static final int MAPPING = 2;

    private final @Nullable File folder;

    /** @param folder an existing folder that nobody else can write to, or null to cache nothing */
    public DocumentCache(@Nullable File folder) {
        this.folder = folder;
    }

    /**
     * @return the tree of the text
     * @throws io.jbox.problem.JboxException if the text is not a YAML document within bounds
     */
    public Node parse(Source source) {
        if (folder == null) {
            return YamlParser.parse(source);
        }
        File entry = new File(folder, entryName(source.text()));
        Node cached = read(entry, source);
        if (cached != null) {
            return cached;
        }
        Node parsed = YamlParser.parse(source);
        write(entry, source, parsed);
        return parsed;
    }

    /** A 64-bit FNV-1a of the text: only a file name, since the text itself is compared. */
    private static String entryName(String text) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
        }
        return Long.toHexString(hash) + ENDING;
    }

    private static @Nullable Node read(File entry, Source source) {
        byte[] bytes;
        try (FileInputStream in = new FileInputStream(entry)) {
            bytes = in.readNBytes(MAX_ENTRY);
        } catch (IOException e) {
            return null;
        }
        try {
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
            if (in.readInt() != VERSION || !readText(in).equals(source.text())) {
                return null;
            }
            return readNode(in, source, 0);
        } catch (IOException e) {
            return null;
        }
    }

    private static Node readNode(DataInputStream in, Source source, int depth) throws IOException {
        int kind = in.readByte();
        Place place = new Place(source, in.readInt(), in.readInt());
        if (kind == SCALAR) {
            return new Node.Scalar(readText(in), in.readBoolean(), place);
        }
        int size = in.readInt();
        if (size < 0 || size > YamlParser.MAX_NODES || depth > YamlParser.MAX_DEPTH) {
            throw new IOException("torn entry");
        }
        if (kind == SEQUENCE) {
            List<Node> items = new ArrayList<>(size);
            for (int i = 0; i < size; i++) {
                items.add(readNode(in, source, depth + 1));
            }
            return new Node.Sequence(items, place);
        }
        List<Node.Entry> entries = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            if (!(readNode(in, source, depth + 1) instanceof Node.Scalar key)) {
                throw new IOException("torn entry");
            }
            entries.add(new Node.Entry(key, readNode(in, source, depth + 1)));
        }
        return new Node.Mapping(entries, place);
    }

    private static void write(File entry, Source source, Node root) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            out.writeInt(VERSION);
            writeText(source.text(), out);
            writeNode(root, out);
            if (bytes.size() > MAX_ENTRY) {
                return;
            }
            File aside = File.createTempFile("entry", ".new", entry.getParentFile());
            try (FileOutputStream file = new FileOutputStream(aside)) {
                bytes.writeTo(file);
            }
            if (!aside.renameTo(entry) && !aside.delete()) {
                aside.deleteOnExit();
            }
            removeOldest(entry.getParentFile());
        } catch (IOException e) {
            // The folder is full or not writable: the next command parses again.
            return;
        }
    }

    private static void removeOldest(File folder) {
        File[] entries = folder.listFiles((in, name) -> name.endsWith(ENDING));
        if (entries == null || entries.length <= MOST_ENTRIES) {
            return;
        }
        Map<File, Long> written = new HashMap<>();
        for (File entry : entries) {
            written.put(entry, entry.lastModified());
        }
        Arrays.sort(entries, Comparator.comparing(written::get));
        for (File entry : Arrays.asList(entries).subList(0, entries.length - MOST_ENTRIES / 2)) {
            // Another process may have removed it already.
            entry.delete();
        }
    }

    private static void writeNode(Node node, DataOutputStream out) throws IOException {
        int kind = node instanceof Node.Scalar ? SCALAR : node instanceof Node.Sequence ? SEQUENCE : MAPPING;
        out.writeByte(kind);
        out.writeInt(node.place().line());
        out.writeInt(node.place().column());
        if (node instanceof Node.Scalar scalar) {
            writeText(scalar.text(), out);
            out.writeBoolean(scalar.plain());
        } else if (node instanceof Node.Sequence sequence) {
            out.writeInt(sequence.items().size());
            for (Node item : sequence.items()) {
                writeNode(item, out);
            }
        } else if (node instanceof Node.Mapping mapping) {
            out.writeInt(mapping.entries().size());
            for (Node.Entry entry : mapping.entries()) {
                writeNode(entry.key(), out);
                writeNode(entry.value(), out);
            }
        }
    }

    /** Writes the length in bytes, then UTF-8: YAML text may be longer than writeUTF accepts. */
    private static void writeText(String text, DataOutputStream out) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static String readText(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
            throw new IOException("torn entry");
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
