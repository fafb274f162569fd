package io.jbox.schema;

import io.jbox.config.BoxFolders;
import io.jbox.config.Config;
import io.jbox.config.ImageName;
import io.jbox.config.MountEntry;
import io.jbox.config.Syntax;
import io.jbox.config.Value;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.problem.Source;
import io.jbox.yaml.DocumentCache;
import io.jbox.yaml.Node;
import io.jbox.yaml.Nodes;
import io.jbox.yaml.SourceReader;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Loads a {@link Config} from files and command line overrides. */
public final class ConfigLoader {
    private static final int MAX_INCLUDES = 64;

    private final DocumentCache cache;
    private final BoxFolders folders;
    private final ImageSource images;
    private final DevSource developers;
    private final ReadFiles files = new ReadFiles();
    /** The image and the dev environment of the configuration that was read last; null if it has none. */
    private ImageSource.@Nullable Known image;

    private @Nullable DevSettings dev;

    private int includes;
    private Locks locks = Locks.USED;

    /**
     * @param cache of parsed documents
     * @param folders of the defined boxes
     * @param images finds images
     * @param developers finds the developer of a box with a dev section
     */
    public ConfigLoader(DocumentCache cache, BoxFolders folders, ImageSource images, DevSource developers) {
        this.cache = cache;
        this.folders = folders;
        this.images = images;
        this.developers = developers;
    }

    /** The same loader with another treatment of locks. */
    public ConfigLoader with(Locks meaning) {
        locks = meaning;
        return this;
    }

    /**
     * Reads a configuration file.
     *
     * @param path as the user knows it
     * @param overrides {@code KEY=VALUE} each; the last one wins
     * @throws JboxException with every problem found, each with its place
     */
    public Config load(String path, List<String> overrides) {
        return build(read(path, overrides), path);
    }

    /**
     * Builds a configuration from overrides alone.
     *
     * @param name of the box
     */
    public Config loadWithoutFile(String name, List<String> overrides) {
        Source source = new Source(Assignment.SOURCE, "");
        Node root = new Node.Mapping(List.of(), Place.of(source));
        return build(complete(check(overlay(root, overrides), new ArrayList<>()), name), name);
    }

    /**
     * The files read so far, for the configuration and what it names; null if they cannot show whether it has changed,
     * as with a folder in which new files may appear, or an image.
     */
    public @Nullable List<String> files() {
        return files.all();
    }

    /** Those of the files that must not be symbolic links. */
    public List<String> ownFiles() {
        return files.own();
    }

    /** Paths at which another file would have been read. */
    public List<String> absent() {
        return files.absent();
    }

    private Source source(String path, @Nullable Place asker) {
        Source source =
                path.endsWith(LockFile.SUFFIX) ? SourceReader.readNoLink(path, asker) : SourceReader.read(path, asker);
        files.add(path, source.text());
        return source;
    }

    /** Reads the tree, checked but without defaults, for display. */
    Section read(String path, List<String> overrides) {
        Source source = source(path, null);
        Node root = overlay(cache.parse(source), overrides);
        return complete(check(root, new ArrayList<>(List.of(new File(path).getAbsolutePath()))), path);
    }

    private Section complete(Section section, String path) {
        return withImage(withDev(section, path), path);
    }

    /**
     * Adds the settings that a dev section implies. Other settings of the configuration override them; its mounts come
     * before the others.
     */
    private Section withDev(Section section, String path) {
        Value<Section> written = section.find(Keys.DEV);
        dev = null;
        if (written == null) {
            return section;
        }
        // The developer and the existing paths do not come from files.
        files.addOthers();
        String file = ConfigPaths.real(path);
        String project = String.valueOf(Path.of(file).getParent());
        String lock = LockFile.of(path);
        if (locks != Locks.IGNORED && Files.exists(Path.of(lock), LinkOption.NOFOLLOW_LINKS)) {
            source(lock, written.place());
        }
        DevRules.check(section, project);
        DevSettings settings = new DevSettings(
                written.get(),
                developers.developer(project),
                project,
                developers.agents(BoxNames.of(section, path)),
                files.configurations());
        developers.approve(
                new DevSource.Project(project, file, BoxNames.of(section, path), files.digests(), written.place()));
        dev = settings;
        Section rootfs = section.section(Keys.ROOTFS);
        if (!settings.ids().isEmpty() && DebianScalars.imageOf(rootfs) == null) {
            throw new JboxException(new Problem(
                    "dev: an ordinary user's environment needs rootfs.image: in other root file systems, root's files are the user's",
                    rootfs.place().isDefault() ? written.place() : rootfs.place(),
                    "rootfs: {image: ...}, or sudo jbox ..."));
        }
        Section complete = section.over(checked(settings.defaults(written.place())));
        List<Value<MountEntry>> mounts = new ArrayList<>(settings.mounts());
        Section mount = complete.section(Keys.MOUNT);
        mounts.addAll(mount.list(Keys.MOUNT_ENTRY));
        mount.put(Keys.MOUNT_ENTRY, List.copyOf(mounts), written.place());
        complete.put(Keys.MOUNT, mount, mount.place());
        return complete;
    }

    /** Adds the settings of the image. The configuration overrides them; the environments are joined. */
    private Section withImage(Section section, String path) {
        Section rootfs = section.section(Keys.ROOTFS);
        Value<ImageName> written = DebianScalars.imageOf(rootfs);
        Value<String> template = rootfs.find(Keys.ROOTFS_TEMPLATE);
        ImageFinder finder = new ImageFinder(folders, images, files, locks, section, path);
        image = written != null
                ? finder.find(written, dev == null ? List.of() : dev.ids())
                : template == null ? null : finder.findTemplate(template);
        if (image == null) {
            return section;
        }
        if (image.files() == null) {
            files.addOthers();
        } else {
            files.addOwn(image.files());
        }
        if (written == null) {
            return section;
        }
        Section settings = checked(image.settings());
        Section complete = section.over(settings);
        if (template != null) {
            Nodes nodes = new Nodes(template.place());
            Node.Entry system = nodes.entry("system", "systemd");
            Node machine = nodes.mapping(List.of(nodes.entry("init", nodes.mapping(List.of(system)))));
            complete = complete.over(checked(machine));
        }
        List<Value<String>> environment = new ArrayList<>(settings.list(Keys.ENVIRONMENT));
        environment.addAll(section.list(Keys.ENVIRONMENT));
        if (!environment.isEmpty()) {
            Value<?> own = section.find(Keys.ENVIRONMENT);
            complete.put(
                    Keys.ENVIRONMENT,
                    List.copyOf(environment),
                    own == null ? image.image().name().place() : own.place());
        }
        return complete;
    }

    private static Section checked(Node settings) {
        List<Problem> problems = new ArrayList<>();
        Section read = Keys.ROOT.read(settings, "", problems);
        if (read == null || !problems.isEmpty()) {
            throw new JboxException(problems, JboxException.FAILED);
        }
        return read;
    }

    Config build(Section section, String path) {
        List<Problem> problems = new ArrayList<>();
        String name = BoxNames.byDefault(section, path);
        Value<String> written = section.find(Keys.NAME);
        Section root = section.section(Keys.ROOTFS);
        boolean made = root.find(Keys.ROOTFS_TEMPLATE) != null || DebianScalars.imageOf(root) != null;
        String rootfs =
                made || BoxNames.isDefinition(path, folders) ? folders.rootfs(BoxNames.of(section, path)) : null;
        if (written == null && !Syntax.isBoxName(name)) {
            problems.add(new Problem(
                    "name is missing, and \"" + name + "\" cannot be one",
                    Place.of(section.place().source()),
                    null));
        }
        return new ConfigBuilder(section, new Fstab(files.paths()), problems)
                .build(name, rootfs, folders::rootfs, image, dev == null ? null : dev.dev());
    }

    private static Node overlay(Node root, List<String> overrides) {
        Node overlaid = root;
        for (String override : overrides) {
            overlaid = Assignment.parse(override).apply(overlaid);
        }
        return overlaid;
    }

    private Section check(Node root, List<String> stack) {
        List<Problem> problems = new ArrayList<>();
        Section section = Keys.ROOT.read(root, "", problems);
        if (section == null) {
            throw new JboxException(problems, JboxException.FAILED);
        }
        Section base = null;
        for (Value<String> include : section.list(Keys.INCLUDE)) {
            for (String path : expand(include)) {
                Section included = include(path, include.place(), stack);
                base = base == null ? included : base.overlaidWith(included);
            }
        }
        return base == null ? section : base.overlaidWith(section);
    }

    private Section include(String path, Place asker, List<String> stack) {
        if (stack.contains(path)) {
            throw new JboxException(new Problem("include: " + path + " includes itself", asker, null));
        }
        if (++includes > MAX_INCLUDES) {
            throw new JboxException(new Problem("include: more than " + MAX_INCLUDES + " files", asker, null));
        }
        if (!path.endsWith(".yaml") && !path.endsWith(".yml")) {
            // Errors quote lines to the user, who must not see the content of a file that is not a configuration.
            throw new JboxException(new Problem(
                    "include: " + path + " is not named as a YAML file",
                    asker,
                    "names of included files end in .yaml"));
        }
        List<String> inner = new ArrayList<>(stack);
        inner.add(path);
        return check(cache.parse(source(path, asker)), inner);
    }

    private List<String> expand(Value<String> include) {
        String path = ConfigPaths.absolute(include.get(), include.place());
        File folder = new File(path);
        if (!folder.isDirectory()) {
            return List.of(path);
        }
        files.addFolder(path);
        @Nullable String @Nullable [] names = folder.list();
        if (names == null) {
            throw new JboxException(new Problem(path + ": permission denied", include.place(), null));
        }
        Arrays.sort(names);
        List<String> paths = new ArrayList<>();
        for (String name : names) {
            if (name != null && name.endsWith(".yaml")) {
                paths.add(path + "/" + name);
            }
        }
        return paths;
    }
}
