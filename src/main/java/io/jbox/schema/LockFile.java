package io.jbox.schema;

import io.jbox.config.BadValueException;
import io.jbox.config.ImageLock;
import io.jbox.config.ImageName;
import io.jbox.config.PackageList;
import io.jbox.config.Syntax;
import io.jbox.config.Value;
import io.jbox.number.Sha256;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.problem.Source;
import io.jbox.yaml.Node;
import io.jbox.yaml.SourceReader;
import io.jbox.yaml.YamlParser;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The lock beside a configuration. It records what the names of images mean, so that they mean the same on every
 * machine.
 *
 * <pre>
 * version: 1
 * inputs: sha256:…        of everything that was looked up
 * image:
 *   name: docker.io/library/alpine:3.20
 *   index: sha256:…
 *   platforms:
 *     - name: linux/amd64
 *       manifest: sha256:…
 *       tree: …
 *       layers:
 *         - sha256:…
 *       epoch: 1783764997       of a Debian root file system
 *       packages:
 *         - "NAME VERSION PATH SIZE SHA256"
 * </pre>
 */
public final class LockFile {
    /** Suffix of the names of locks. */
    static final String SUFFIX = ".lock";

    private static final long VERSION = 1;
    private static final int HEX = 64;
    private static final String SHA256 = "sha256:";

    private static final Type.Scalar<String> DIGEST = digits(SHA256, "sha256: and 64 hexadecimal digits");
    private static final Type.Scalar<PackageList.Package> PACKAGE = new Type.Scalar<>("a package") {
        @Override
        PackageList.Package parse(String text) throws BadValueException {
            return PackageList.Package.parse(text);
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.pattern("^[^ ]+( [^ ]+){4}$");
        }
    };
    private static final Type.Scalar<String> TREE = digits("", "64 hexadecimal digits");

    private static final Key<Long> FORMAT = new Key<>("version", Scalars.number(1, Integer.MAX_VALUE), "Of the format");
    private static final Key<String> INPUTS = new Key<>("inputs", DIGEST, "Of what was looked up");
    private static final Key<String> NAME = new Key<>("name", Scalars.TEXT, "As in the configuration");
    private static final Key<String> INDEX = new Key<>("index", DIGEST, "Of the list of platforms");
    private static final Key<String> PLATFORM = new Key<>("name", Scalars.TEXT, "OS/ARCH");
    private static final Key<String> MANIFEST = new Key<>("manifest", DIGEST, "Of the image");
    private static final Key<String> ROOT = new Key<>("tree", TREE, "Of the tree");
    private static final Key<List<Value<String>>> LAYERS =
            new Key<>("layers", new Sequence<>(DIGEST, Sequence.Separator.NONE), "Of the layers");
    private static final Key<Long> EPOCH = new Key<>(
            "epoch", Scalars.number(1, Long.MAX_VALUE), "The time of files without one, in seconds since 1970");
    private static final Key<List<Value<PackageList.Package>>> PACKAGES =
            new Key<>("packages", new Sequence<>(PACKAGE, Sequence.Separator.NONE), "The packages");
    private static final Key<List<Value<Section>>> PLATFORMS = new Key<>(
            "platforms",
            new Sequence<>(new Fields(PLATFORM, MANIFEST, ROOT, LAYERS, EPOCH, PACKAGES), Sequence.Separator.NONE),
            "For each processor");
    private static final Key<Section> IMAGE = new Key<>("image", new Fields(NAME, INDEX, PLATFORMS), "The image");
    private static final Fields ALL = new Fields(FORMAT, INPUTS, IMAGE);

    private LockFile() {}

    /** The path of the lock of a configuration: {@code dev.lock} beside {@code dev.yaml}. */
    public static String of(String config) {
        int dot = config.endsWith(".yaml") || config.endsWith(".yml") ? config.lastIndexOf('.') : config.length();
        return config.substring(0, dot) + SUFFIX;
    }

    /** An image's name in a lock: without the path of the configuration's folder. */
    public static String nameOf(ImageName image, String config) {
        if (!image.isLocal()) {
            return image.toString();
        }
        Path folder = Path.of(config).toAbsolutePath().normalize().getParent();
        Path path = Path.of(image.where());
        if (folder == null || !path.startsWith(folder) || path.equals(folder)) {
            return image.toString();
        }
        return image.at(folder.relativize(path).toString()).toString();
    }

    /** The lock for a copy of its configuration in another folder. */
    public static ImageLock moved(ImageLock lock, String from, String to) {
        String name = lock.name();
        try {
            ImageName image = ImageName.parse(name);
            Path folder = Path.of(from).toAbsolutePath().normalize().getParent();
            if (image.isLocal() && folder != null) {
                String path = folder.resolve(image.where()).normalize().toString();
                name = nameOf(image.at(path), to);
            }
        } catch (BadValueException e) {
            // Reading the copy reports the problem, as reading the original would.
            return lock;
        }
        return new ImageLock(name, lock.index(), lock.platforms());
    }

    /**
     * Reads a lock.
     *
     * @return null if there is no such file
     * @throws JboxException if it is damaged, or of a later jbox
     */
    public static @Nullable ImageLock read(String file) {
        return Files.exists(Path.of(file), LinkOption.NOFOLLOW_LINKS)
                ? parse(SourceReader.readNoLink(file, null))
                : null;
    }

    /** @throws JboxException if it is damaged, or of a later jbox */
    static ImageLock parse(Source source) {
        Node root = YamlParser.parse(source);
        List<Problem> problems = new ArrayList<>();
        Section lock = ALL.read(root, "", problems);
        if (lock != null && problems.isEmpty()) {
            Value<Long> version = lock.find(FORMAT);
            if (version != null && version.get() > VERSION) {
                problems.add(new Problem("the lock was written by a later jbox", version.place(), null));
            } else {
                ImageLock image = image(lock, problems);
                if (image != null) {
                    return image;
                }
            }
        }
        throw new JboxException(problems, JboxException.FAILED);
    }

    private static @Nullable ImageLock image(Section lock, List<Problem> problems) {
        Section image = lock.section(IMAGE);
        Value<String> name = image.find(NAME);
        Value<String> inputs = lock.find(INPUTS);
        if (lock.find(FORMAT) == null || inputs == null || name == null) {
            problems.add(new Problem("the lock lacks version, inputs or image.name", lock.place(), HINT));
            return null;
        }
        if (!inputs.get().equals(inputs(name.get()))) {
            problems.add(new Problem("inputs: the lock was changed by hand", inputs.place(), HINT));
            return null;
        }
        List<ImageLock.Platform> platforms = new ArrayList<>();
        for (Value<Section> value : image.list(PLATFORMS)) {
            Section platform = value.get();
            Value<String> os = platform.find(PLATFORM);
            Value<String> manifest = platform.find(MANIFEST);
            Value<String> tree = platform.find(ROOT);
            if (os == null || manifest == null || tree == null) {
                problems.add(new Problem("the lock lacks a platform's name, manifest or tree", value.place(), HINT));
                return null;
            }
            List<String> layers = new ArrayList<>();
            for (Value<String> layer : platform.list(LAYERS)) {
                layers.add(layer.get());
            }
            List<PackageList.Package> packages = new ArrayList<>();
            for (Value<PackageList.Package> one : platform.list(PACKAGES)) {
                packages.add(one.get());
            }
            Value<Long> epoch = platform.find(EPOCH);
            platforms.add(new ImageLock.Platform(
                    os.get(),
                    manifest.get(),
                    layers,
                    tree.get(),
                    packages.isEmpty() || epoch == null ? PackageList.NONE : new PackageList(epoch.get(), packages)));
        }
        Value<String> index = image.find(INDEX);
        return new ImageLock(name.get(), index == null ? null : index.get(), platforms);
    }

    private static final String HINT = "jbox lock --update writes it anew";

    /** A lock's text: a digest a line, so that two changes of it can be merged. */
    public static String text(ImageLock lock, String config) {
        StringBuilder out = new StringBuilder("# Written by \"jbox lock ")
                .append(new File(config).getName())
                .append("\". With it, names stand for the same on every machine.\n");
        out.append("version: ").append(VERSION).append('\n');
        out.append("inputs: ").append(inputs(lock.name())).append('\n');
        out.append("image:\n  name: ").append(quoted(lock.name())).append('\n');
        if (lock.index() != null) {
            out.append("  index: ").append(lock.index()).append('\n');
        }
        out.append("  platforms:\n");
        for (ImageLock.Platform platform : lock.platforms()) {
            out.append("    - name: ").append(quoted(platform.name())).append('\n');
            out.append("      manifest: ").append(platform.manifest()).append('\n');
            out.append("      tree: \"").append(platform.tree()).append("\"\n");
            if (!platform.layers().isEmpty()) {
                out.append("      layers:\n");
            }
            for (String layer : platform.layers()) {
                out.append("        - ").append(layer).append('\n');
            }
            if (!platform.packages().isEmpty()) {
                out.append("      epoch: ").append(platform.packages().epoch()).append("\n      packages:\n");
            }
            for (String line : platform.packages().lines()) {
                out.append("        - ").append(quoted(line)).append('\n');
            }
        }
        return out.toString();
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    /** The digest of everything that the lookup depends on. */
    private static String inputs(String name) {
        return SHA256 + Sha256.of("image " + name + "\n");
    }

    private static Type.Scalar<String> digits(String prefix, String shown) {
        return new Type.Scalar<>(shown) {
            @Override
            String parse(String text) throws BadValueException {
                boolean good = text.startsWith(prefix) && text.length() == prefix.length() + HEX;
                for (int i = prefix.length(); i < text.length() && good; i++) {
                    good = "0123456789abcdef".indexOf(text.charAt(i)) >= 0;
                }
                Syntax.require(good, "is not " + shown);
                return text;
            }

            @Override
            Map<String, Object> schema() {
                return Syntax.pattern("^" + prefix + "[0-9a-f]{64}$");
            }
        };
    }
}
