package io.jbox.schema;

import io.jbox.config.Config;
import io.jbox.config.Developer;
import io.jbox.config.IdMapping;
import io.jbox.config.MountEntry;
import io.jbox.config.PublishedPort;
import io.jbox.config.Value;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.yaml.Node;
import io.jbox.yaml.Nodes;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The settings that a {@code dev} section implies: mounts for the project's folder and the declared caches, a first
 * process that only reaps, a network with outgoing connections, and ids with which the developer owns their files both
 * on the host and in the box.
 */
final class DevSettings {
    /** The first process: it reaps orphans, and ends on request. */
    private static final List<String> IDLE =
            List.of("/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 86400 & wait \"$!\"; done");

    private final Section dev;
    private final Developer developer;
    private final String project;
    private final String folder;
    private final List<Value<String>> caches = new ArrayList<>();
    private final List<Value<MountEntry>> mounts = new ArrayList<>();
    private final List<Value<String>> absent = new ArrayList<>();
    private final Map<Path, Value<Cover>> covers = new HashMap<>();

    /** How a path of the project is covered by another mount, in order of strictness. */
    private enum Cover {
        HELD,
        READ_ONLY,
        HIDDEN
    }

    /**
     * @param dev the section
     * @param project the folder of the configuration's file
     * @param agents the host folder of the sockets that lead to the developer's agent
     * @param files that the configuration was read from, by their real paths: the box cannot write to those in the
     *     project
     * @throws JboxException if a path is wrong
     */
    DevSettings(Section dev, Developer developer, String project, String agents, Collection<String> files) {
        this.dev = dev;
        this.developer = developer;
        this.project = project;
        List<Problem> problems = new ArrayList<>();
        if (Path.of(developer.home()).startsWith(project)) {
            problems.add(new Problem(
                    "dev: " + project + " is not a project: all of " + developer.name() + "'s files are in it",
                    dev.place(),
                    "move the file to a folder of the project's own"));
        }
        DevPaths paths = new DevPaths(project, developer, problems);
        Value<String> written = dev.find(Keys.DEV_FOLDER);
        this.folder = written == null ? project : paths.folder(written);
        mounts.add(bind(project, folder, dev.place(), List.of("rbind", "create=dir")));
        for (Value<String> path : dev.list(Keys.DEV_CACHES)) {
            Value<String> cache = paths.cache(path);
            caches.add(cache);
            mounts.add(bind(cache.get(), cache.get(), cache.place(), List.of("bind", "create=dir")));
        }
        for (Value<String> name : dev.list(Keys.DEV_PASS)) {
            if (name.get().equals(Config.Dev.AGENT)) {
                // Without an id map: the sockets already have ids of the box.
                List<String> options = List.of("bind", "ro", "nosuid", "nodev", "noexec", "create=dir");
                mounts.add(
                        new Value<>(new MountEntry(agents, target(Config.Dev.AGENTS), "none", options), name.place()));
            }
        }
        for (String file : files) {
            if (Path.of(file).startsWith(project)) {
                note(Path.of(project).relativize(Path.of(file)), Cover.READ_ONLY, dev.place());
            }
        }
        for (Value<String> path : dev.list(Keys.DEV_PROTECT)) {
            note(paths.within("dev.protect", path), Cover.READ_ONLY, path);
        }
        for (Value<String> path : dev.list(Keys.DEV_HIDE)) {
            note(paths.within("dev.hide", path), Cover.HIDDEN, path);
        }
        refuseTwice(problems);
        if (!problems.isEmpty()) {
            throw new JboxException(problems, JboxException.FAILED);
        }
        mountCovers();
    }

    private void refuseTwice(List<Problem> problems) {
        Set<Integer> taken = new HashSet<>();
        for (Value<PublishedPort> port : dev.list(Keys.DEV_PORTS)) {
            if (!taken.add(port.get().host())) {
                problems.add(new Problem(
                        "dev.ports: port " + port.get().host() + " of the host cannot lead to two of the box",
                        port.place()));
            }
        }
    }

    /** The ids that the box must have; empty if they do not matter. */
    List<IdMapping> ids() {
        return developer.ids();
    }

    /** What sessions need to know of it. */
    Config.Dev dev() {
        return new Config.Dev(
                dev.place(),
                developer,
                project,
                folder,
                List.copyOf(caches),
                dev.list(Keys.DEV_PASS),
                dev.list(Keys.DEV_PORTS),
                List.copyOf(absent));
    }

    /** The implied mounts, which come before the configured ones. */
    List<Value<MountEntry>> mounts() {
        return List.copyOf(mounts);
    }

    private void note(Path within, Cover cover, Value<String> written) {
        if (Files.exists(Path.of(project).resolve(within), LinkOption.NOFOLLOW_LINKS)) {
            note(within, cover, written.place());
        } else {
            absent.add(written);
        }
    }

    /** Notes a cover; the strictest one wins: hidden, else read-only, else only held in place. */
    private void note(Path within, Cover cover, Place place) {
        Value<Cover> before = covers.get(within);
        if (before == null || cover.compareTo(before.get()) > 0) {
            covers.put(within, new Value<>(cover, place));
        }
        for (int i = 1; i < within.getNameCount(); i++) {
            covers.putIfAbsent(within.subpath(0, i), new Value<>(Cover.HELD, place));
        }
    }

    /**
     * Adds the mounts, parents first. A mount point cannot be moved away and replaced, and nothing in a read-only
     * folder can be moved.
     */
    private void mountCovers() {
        List<Path> all = new ArrayList<>(covers.keySet());
        all.sort(Comparator.comparingInt(Path::getNameCount).thenComparing(Comparator.naturalOrder()));
        for (Path within : all) {
            Value<Cover> cover = covers.getOrDefault(within, new Value<>(Cover.HELD, dev.place()));
            Cover above = above(within);
            String path = folder + "/" + within;
            if (above == Cover.HIDDEN || above == Cover.READ_ONLY && cover.get() != Cover.HIDDEN) {
                continue;
            }
            if (cover.get() == Cover.HIDDEN) {
                boolean isFolder = Files.isDirectory(Path.of(project).resolve(within));
                mounts.add(new Value<>(cover(path, isFolder), cover.place()));
            } else {
                List<String> options = cover.get() == Cover.READ_ONLY ? List.of("rbind", "ro") : List.of("rbind");
                mounts.add(bind(project + "/" + within, path, cover.place(), options));
            }
        }
    }

    /** The strictest cover of a parent folder. */
    private Cover above(Path within) {
        Cover most = Cover.HELD;
        for (int i = 1; i < within.getNameCount(); i++) {
            Value<Cover> cover = covers.get(within.subpath(0, i));
            if (cover != null && cover.get().compareTo(most) > 0) {
                most = cover.get();
            }
        }
        return most;
    }

    /** Default settings, which the configuration can override. */
    Node.Mapping defaults(Place place) {
        Nodes nodes = new Nodes(place);
        boolean ofRoot = developer.ids().isEmpty();
        List<Node.Entry> all = new ArrayList<>();
        all.add(nodes.entry(
                "init",
                nodes.mapping(
                        nodes.entry("cmd", nodes.list(IDLE)),
                        nodes.entry("uid", "0"),
                        nodes.entry("gid", "0"),
                        nodes.entry("groups", nodes.list(List.of())),
                        nodes.entry("cwd", "/"))));
        all.add(nodes.entry("signal", nodes.mapping(nodes.entry("halt", "SIGTERM"))));
        Node.Mapping net = ofRoot
                ? nodes.mapping(nodes.entry("type", "veth"), nodes.entry("link", "jboxbr0"), nodes.entry("flags", "up"))
                : nodes.mapping(nodes.entry("type", "user"));
        all.add(nodes.entry("net", new Node.Sequence(List.of(net), place)));
        if (!ofRoot) {
            all.add(nodes.entry("idmap", nodes.list(IdMapping.texts(developer.ids()))));
        }
        return nodes.mapping(all);
    }

    /** The mount is nodev, so that no process can open a device through it. */
    private static MountEntry cover(String path, boolean isFolder) {
        return isFolder
                ? new MountEntry(
                        "hidden",
                        target(path),
                        "tmpfs",
                        List.of("ro", "nosuid", "nodev", "noexec", "size=4k", "mode=0"))
                : new MountEntry("/dev/null", target(path), "none", List.of("bind", "ro", "nosuid", "nodev", "noexec"));
    }

    private Value<MountEntry> bind(String source, String path, Place place, List<String> options) {
        List<String> all = new ArrayList<>(options);
        all.addAll(List.of("nosuid", "nodev"));
        if (developer.ids().isEmpty()) {
            all.add(developer.kept().option());
        }
        return new Value<>(new MountEntry(source, target(path), "none", List.copyOf(all)), place);
    }

    private static String target(String path) {
        return path.substring(1);
    }
}
