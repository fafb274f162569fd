package io.jbox.life;

import io.jbox.bridge.Networks;
import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.MountEntry;
import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.config.RootfsPath;
import io.jbox.config.Value;
import io.jbox.facts.BookLine;
import io.jbox.facts.HostFacts;
import io.jbox.facts.KnownBox;
import io.jbox.facts.LaunchFacts;
import io.jbox.facts.NetworkValidity;
import io.jbox.facts.Validity;
import io.jbox.host.EtcReader;
import io.jbox.host.Reachable;
import io.jbox.ids.IdRanges;
import io.jbox.ids.TreeLocks;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.plan.Masks;
import io.jbox.plan.NetworkNotices;
import io.jbox.plan.NotCompiledException;
import io.jbox.problem.RawText;
import io.jbox.uapi.Constants;
import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Determines what a compiled launch of a box relies on, and whether it can be compiled at all. */
final class LaunchSurvey {
    private static final String CHANGES = "something that it relies on changes at this moment; try again";

    private final BoxRegistry registry;
    private final Kernel kernel;

    LaunchSurvey(BoxRegistry registry) {
        this.registry = registry;
        this.kernel = registry.kernel();
    }

    /**
     * Collects what a program relies on: files to compare, which of them must not be links, paths that must not exist,
     * and the rest.
     */
    interface Validities {
        Validity of(List<String> contents, List<String> own, List<String> absent);
    }

    /** What a program relies on. */
    record Found(LaunchFacts facts, Validity validity) {
        /** The facts that a program compares match its plan only if they were the same before and after planning. */
        void refuseUnlessSameAs(Found other) throws NotCompiledException {
            refuse(
                    !validity.isSameAs(other.validity)
                            || !facts.network().equals(other.facts.network())
                            || !facts.lines().equals(other.facts.lines()),
                    CHANGES);
        }
    }

    /**
     * Looks at the host.
     *
     * @param loaded the configuration
     * @param command the name that ids and addresses are registered for: the box's, or that of a slot
     * @throws NotCompiledException if the launch cannot be compiled; the message says why, without a full stop
     */
    Found look(
            BoxDefinition definition,
            BoxDefinition.Loaded loaded,
            String command,
            HostFacts facts,
            Validities validities)
            throws NotCompiledException {
        Config config = loaded.config();
        List<String> files = filesOf(loaded, definition.file());
        refuse(config, facts);
        boolean isStart = command.equals(config.name().get());
        NetworkValidity network = registry.networks()
                .validity(isStart ? Networks.Wanted.of(config) : Networks.Wanted.of(config, command), facts.network());
        if (network == null) {
            throw new NotCompiledException("its network is not ready, or is looked at each time");
        }
        List<String> contents = new ArrayList<>(files);
        contents.add(registry.state().root() + "/.pidns");
        List<String> absent = new ArrayList<>(definition.earlier());
        absent.addAll(loaded.absent());
        absent.add(registry.settings().ids() + "/shifts");
        for (String path : List.of("/etc/subuid", "/etc/subgid")) {
            (new File(path).exists() ? contents : absent).add(path);
        }
        contents.addAll(network.contents());
        absent.addAll(network.absent());
        List<String> present = new ArrayList<>(network.present());
        List<String> candidates = new ArrayList<>(Masks.candidates());
        candidates.addAll(HostFacts.securityModules());
        for (String path : candidates) {
            (facts.exists(path) ? present : absent).add(path);
        }
        Map<String, byte[]> folders = new LinkedHashMap<>();
        for (HostFacts.Hierarchy hierarchy : facts.hierarchies()) {
            folder(hierarchy.path(), folders);
            String controllers = hierarchy.path() + "/cgroup.controllers";
            if (new File(controllers).exists()) {
                contents.add(controllers);
            }
        }
        for (String guard : Reachable.guards(config)) {
            folder(guard, folders);
        }
        if (facts.etc().exists()) {
            etc(config.rootfs().path().get(), folders);
        }
        List<Long> locks = new ArrayList<>();
        String own = ownUpper(config);
        for (String tree : config.hostTrees()) {
            if (tree.equals(own)) {
                continue;
            }
            folder(tree, folders);
            FileStatus status = FileStatus.of(kernel, tree);
            if (status == null) {
                throw new NotCompiledException("there is no " + tree);
            }
            locks.add(TreeLocks.offset(status));
        }
        Map<String, @Nullable String> variables = new LinkedHashMap<>();
        variables.put("TERM", System.getenv("TERM"));
        for (String name : StartPlanner.REAPER_VARIABLES) {
            variables.put(name, System.getenv(name));
        }
        LaunchFacts found = new LaunchFacts(
                book(config, command, facts),
                folders,
                naming(config.rootfs().path().get(), own, facts.etc()),
                present,
                variables,
                network,
                new LaunchFacts.Locks(registry.settings().ids() + "/users", locks));
        for (String path : absent) {
            if (FileStatus.ofLink(kernel, path) != null) {
                // The program would give up each time.
                throw new NotCompiledException("there is " + path + ", which jbox looks at each time");
            }
        }
        return new Found(found, validities.of(contents, loaded.own(), absent));
    }

    /**
     * The files of a configuration, if its own content permits compiling it. Refuses settings that must look at the
     * host, or tell the user something, at each start.
     *
     * @param file that it was read from
     * @throws NotCompiledException if it may not
     */
    static List<String> filesOf(BoxDefinition.Loaded loaded, String file) throws NotCompiledException {
        List<String> files = loaded.files();
        // A relative path is found only from the same working folder.
        if (files == null || !file.startsWith("/")) {
            throw new NotCompiledException(
                    "its configuration is found from the working folder, or depends on more than its files");
        }
        refuse(loaded.config());
        refuse(
                !Reachable.notices(loaded.config(), false).isEmpty(),
                "other users can reach its root file system, which jbox says");
        return files;
    }

    static void refuse(Config config) throws NotCompiledException {
        refuse(!config.hooks().commands().isEmpty(), "it has hooks");
        refuse(config.shifts(), "owners of files are changed for it (shift)");
        refuse(config.start().ephemeral().get(), "it is ephemeral");
        refuse(!config.confinement().seccomp().get().equals("default"), "its seccomp profile is not the default one");
        refuse(
                config.log().file() != null || !config.log().level().place().isDefault(),
                "its configuration says how jbox logs");
        refuse(config.terminals().console().logfile() != null, "its console has a log file");
        for (Net net : config.net()) {
            refuse(
                    !(net.is(NetType.EMPTY) || net.is(NetType.NONE) || net.is(NetType.VETH)),
                    "it has a NIC of type " + net.type().get());
        }
        for (Value<MountEntry> entry : config.mount().entries()) {
            refuse(entry.get().has("optional"), "it has an optional mount");
        }
    }

    /** Refuses hosts on which launches are not compiled. */
    private static void refuse(Config config, HostFacts facts) throws NotCompiledException {
        refuse(facts.isOrdinary(), "it does not belong to root");
        refuse(
                !facts.network().down().isEmpty()
                        || !facts.network().owners().isEmpty()
                        || !facts.network().own().isEmpty(),
                "jbox's network is not up, or addresses of it are taken");
        refuseLinks(facts);
        refuse(!NetworkNotices.of(config, facts.network()).isEmpty(), "jbox has something to say about its network");
        for (HostFacts.Hierarchy hierarchy : facts.hierarchies()) {
            refuse(!hierarchy.initial().isEmpty(), hierarchy.path() + " must be prepared first");
        }
        refuse(
                new File(Masks.PROCESSORS + "/cpu0/" + Masks.THERMAL).exists(),
                "this processor has a thermal_throttle folder");
    }

    /** Refuses paths with symbolic links. */
    static void refuseLinks(HostFacts facts) throws NotCompiledException {
        refuse(facts.etc().resolvConfTarget() != null, "/etc/resolv.conf in it is a link");
        for (Map.Entry<String, String> path : facts.followed().entrySet()) {
            refuse(!path.getKey().equals(path.getValue()), path.getKey() + " is a link to " + path.getValue());
        }
    }

    static void refuse(boolean refused, String reason) throws NotCompiledException {
        if (refused) {
            throw new NotCompiledException(reason);
        }
    }

    /** The upper folder that exists only while a command runs; null for a box with a permanent one. */
    private static @Nullable String ownUpper(Config config) {
        Config.Image image = config.rootfs().image();
        return image != null && image.ephemeral() ? config.rootfs().path().get().path() : null;
    }

    private void folder(String path, Map<String, byte[]> folders) {
        byte[] status = FileStatus.bytes(kernel, path);
        if (status != null) {
            folders.put(path, status);
        }
    }

    /** The line in the book that assigns ids to a box or a slot; null if the configuration sets the ids. */
    @Nullable
    BookLine book(Config config, String command, HostFacts facts) {
        if (!config.leavesIdsToHost() || facts.ids().isEmpty()) {
            return null;
        }
        IdMapping range = facts.ids().get(0);
        String folder = registry.settings().ids();
        return new BookLine(IdRanges.book(folder), IdRanges.lock(folder), IdRanges.line(range.outside(), command));
    }

    /** Adds the status of the topmost /etc, to which names are written. */
    private void etc(RootfsPath rootfs, Map<String, byte[]> folders) throws NotCompiledException {
        for (String layer : rootfs.layers()) {
            FileStatus etc = FileStatus.ofLink(kernel, layer + "/etc");
            if (etc != null) {
                refuse(etc.type() != Constants.S_IFDIR, layer + "/etc is no folder");
                folder(layer + "/etc", folders);
                return;
            }
        }
        throw new NotCompiledException(CHANGES);
    }

    /** Reads the naming files in each layer again: they must be the same as those in the plan. */
    private List<KnownBox> naming(RootfsPath rootfs, @Nullable String own, HostFacts.Etc etc)
            throws NotCompiledException {
        List<KnownBox> layers = new ArrayList<>();
        for (KnownBox layer : EtcReader.layers(kernel, rootfs)) {
            if (layer.folder().equals(own)) {
                continue;
            }
            layers.add(etc.exists() ? layer : new KnownBox(layer.folder(), layer.files(), List.of("etc")));
        }
        for (KnownBox layer : layers) {
            for (String missing : layer.missing()) {
                String path = layer.folder() + "/" + missing;
                refuse(FileStatus.ofLink(kernel, path) != null, path + " is of an unusual kind");
            }
        }
        String[] planned = {etc.hosts(), etc.hostname(), etc.resolvConf()};
        for (int i = 0; i < planned.length; i++) {
            byte[] seen = null;
            for (KnownBox layer : layers) {
                seen = seen == null ? layer.files().get("etc/" + HostFacts.Etc.FILES.get(i)) : seen;
            }
            refuse(!Arrays.equals(seen, planned[i] == null ? null : RawText.encode(planned[i])), CHANGES);
        }
        return layers;
    }
}
