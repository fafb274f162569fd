package io.jbox.schema;

import io.jbox.config.Config;
import io.jbox.config.Developer;
import io.jbox.config.IdMapping;
import io.jbox.config.MountEntry;
import io.jbox.config.Value;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.yaml.Node;
import io.jbox.yaml.Nodes;
import java.io.File;
import java.util.ArrayList;
import java.util.List;

/**
 * What a {@code dev} section stands for: the folder of the project and the declared caches as mounts, a first process that does
 * nothing but reap, a network with a way out, and ids with which the developer's files are the developer's on both sides.
 */
final class DevSettings {
    /** The first process: it reaps what is orphaned, and ends when it is asked to. */
    private static final List<String> IDLE =
            List.of("/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 86400 & wait \"$!\"; done");

    private static final String HOME = "~/";

    private final Section dev;
    private final Developer developer;
    private final String project;
    private final String folder;
    private final List<Problem> problems = new ArrayList<>();

    /**
     * @param dev the section
     * @param project the folder of the configuration's file
     */
    DevSettings(Section dev, Developer developer, String project) {
        this.dev = dev;
        this.developer = developer;
        this.project = project;
        Value<String> written = dev.find(Keys.DEV_FOLDER);
        this.folder = written == null ? project : boxPath(written);
    }

    /** The ids that the box must have; empty where they do not matter. */
    List<IdMapping> ids() {
        return developer.ids();
    }

    /** What sessions need to know of it. */
    Config.Dev dev() {
        List<Value<String>> caches = new ArrayList<>();
        for (Value<String> cache : dev.list(Keys.DEV_CACHES)) {
            caches.add(new Value<>(inHome(cache), cache.place()));
        }
        return new Config.Dev(developer, project, folder, List.copyOf(caches), dev.list(Keys.DEV_PASS));
    }

    /** Settings that hold where the configuration says nothing else. */
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
            List<String> lines = new ArrayList<>();
            for (IdMapping mapping : developer.ids()) {
                lines.add(mapping.toString());
            }
            all.add(nodes.entry("idmap", nodes.list(lines)));
        }
        return nodes.mapping(all);
    }

    /**
     * Mounts, which come before those that are written.
     *
     * @throws JboxException if a path is wrong
     */
    List<Value<MountEntry>> mounts() {
        List<Value<MountEntry>> mounts = new ArrayList<>();
        mounts.add(bind(project, folder, dev.place(), List.of("rbind", "create=dir")));
        for (Value<String> cache : dev.list(Keys.DEV_CACHES)) {
            String path = inHome(cache);
            mounts.add(bind(path, path, cache.place(), List.of("bind", "create=dir")));
        }
        for (Value<String> path : dev.list(Keys.DEV_PROTECT)) {
            String within = inProject(path);
            if (new File(project, within).exists()) {
                mounts.add(bind(project + "/" + within, folder + "/" + within, path.place(), List.of("rbind", "ro")));
            }
        }
        for (Value<String> path : dev.list(Keys.DEV_HIDE)) {
            String within = inProject(path);
            File file = new File(project, within);
            if (file.exists()) {
                mounts.add(new Value<>(cover(folder + "/" + within, file.isDirectory()), path.place()));
            }
        }
        if (!problems.isEmpty()) {
            throw new JboxException(problems, JboxException.FAILED);
        }
        return mounts;
    }

    /** A device cannot be opened through a mount without devices, whoever asks. */
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

    private String boxPath(Value<String> path) {
        String text = normal(path.get());
        if (!path.get().startsWith("/") || text.equals("/")) {
            problems.add(new Problem(
                    "dev.folder: \"" + path.get() + "\" is no folder of the box",
                    path.place(),
                    "write a path such as /src"));
        }
        return text;
    }

    /** A path of the developer's, on the host and in the box. */
    private String inHome(Value<String> path) {
        String text = path.get();
        if (text.startsWith(HOME)) {
            return normal(developer.home() + "/" + text.substring(HOME.length()));
        }
        if (!text.startsWith("/") || normal(text).equals("/")) {
            problems.add(new Problem(
                    "dev.caches: \"" + text + "\" begins with neither ~/ nor /",
                    path.place(),
                    "a cache is a folder outside of the project, such as ~/.m2"));
            return "/";
        }
        return normal(text);
    }

    private String inProject(Value<String> path) {
        String text = normal("/" + path.get());
        if (path.get().startsWith("/") || text.equals("/") || path.get().contains("..")) {
            problems.add(new Problem(
                    "dev: \"" + path.get() + "\" is not a path within the project",
                    path.place(),
                    "it is relative to the project's folder, such as .env or secrets/key"));
        }
        return text.substring(1);
    }

    private static String normal(String path) {
        return java.nio.file.Path.of(path).normalize().toString();
    }
}
