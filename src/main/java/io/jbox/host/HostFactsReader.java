package io.jbox.host;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.MountEntry;
import io.jbox.config.RootfsPath;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.facts.NetworkFacts;
import io.jbox.kernel.NativeKernel;
import io.jbox.plan.Masks;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the facts of the host that a plan needs. Needs no privilege. */
public final class HostFactsReader {
    private static final int LAST_CAPABILITY_OF_6_1 = 40;

    private final String scripts;

    private final List<HostFacts.Hierarchy> hierarchies;
    private final String suffix;
    private BoxTrees others = BoxTrees.NONE;

    /**
     * @param scripts the folder of the rootfs scripts
     * @param hierarchies where the box is to get cgroups
     */
    public HostFactsReader(String scripts, List<HostFacts.Hierarchy> hierarchies) {
        this(scripts, hierarchies, "");
    }

    /** @param suffix of the cgroups' names */
    public HostFactsReader(String scripts, List<HostFacts.Hierarchy> hierarchies, String suffix) {
        this.suffix = suffix;
        this.scripts = scripts;
        this.hierarchies = List.copyOf(hierarchies);
    }

    /** @param trees of all boxes */
    public HostFactsReader besides(BoxTrees trees) {
        others = trees;
        return this;
    }

    /** Reads only the facts that a process needs to drop capabilities. */
    public HostFacts readProcess() {
        return HostFacts.of(processor(), capabilities(), lastCapability(), scripts)
                .hierarchies(hierarchies, "")
                .build();
    }

    /**
     * @param ids of the box, if it leaves them to the host
     * @param network facts on the host's network
     */
    public HostFacts read(Config config, List<IdMapping> ids, NetworkFacts network) {
        List<String> candidates = new ArrayList<>(Masks.candidates());
        candidates.addAll(HostFacts.securityModules());
        RootfsPath rootfs = config.rootfs().path().get();
        candidates.add(rootfs.path());
        if (rootfs.isOverlay()) {
            candidates.addAll(rootfs.lowers());
            addWithParents(rootfs.path(), candidates);
            addWithParents(rootfs.work(), candidates);
        }
        for (Value<MountEntry> entry : config.mount().entries()) {
            if (entry.get().has("optional")) {
                candidates.add(entry.get().source());
            }
        }
        String[] processors = new File(Masks.PROCESSORS + "/cpu0/" + Masks.THERMAL).exists()
                ? new File(Masks.PROCESSORS).list()
                : null;
        for (String processor : processors == null ? new String[0] : processors) {
            candidates.add(Masks.PROCESSORS + "/" + processor + "/" + Masks.THERMAL);
        }
        Set<String> existing = new HashSet<>();
        for (String path : candidates) {
            if (new File(path).exists()) {
                existing.add(path);
            }
        }
        String term = System.getenv("TERM");
        HostFacts facts = HostFacts.of(processor(), capabilities(), lastCapability(), scripts)
                .existing(existing)
                .term(term == null ? "" : term)
                .hierarchies(hierarchies, suffix)
                .ids(ids)
                .network(network)
                .etc(new EtcReader(NativeKernel.open())
                        .read(
                                rootfs,
                                config.dev() == null
                                        ? null
                                        : config.dev().developer().shell()))
                .followed(followed(config))
                .build();
        return facts.with(SystemCallFilters.of(config, facts));
    }

    /** The paths that a configuration names, with those links resolved that other users cannot change. */
    private Map<String, String> followed(Config config) {
        HostPaths paths = new HostPaths(NativeKernel.open(), config.hostTrees(), others);
        Map<String, String> followed = new HashMap<>();
        RootfsPath rootfs = config.rootfs().path().get();
        for (String layer : rootfs.lowers()) {
            followed.put(layer, paths.follow(layer));
        }
        String own = rootfs.isOverlay()
                ? rootfs.path().substring(0, Math.max(1, rootfs.path().lastIndexOf('/')))
                : rootfs.path();
        followed.put(own, paths.follow(own));
        Value<String> log = config.terminals().console().logfile();
        if (log != null) {
            String folder = log.get().substring(0, Math.max(1, log.get().lastIndexOf('/')));
            followed.put(folder, paths.follow(folder));
        }
        for (Value<MountEntry> value : config.mount().entries()) {
            String source = value.get().source();
            if (value.get().isBind() && source.startsWith("/")) {
                followed.put(source, paths.follow(source));
            }
        }
        return followed;
    }

    private static String processor() {
        String name = System.getProperty("os.arch", "");
        return name.equals("amd64") ? "x86_64" : name;
    }

    private static void addWithParents(String path, List<String> candidates) {
        for (int slash = path.indexOf('/', 1); slash >= 0; slash = path.indexOf('/', slash + 1)) {
            candidates.add(path.substring(0, slash));
        }
        candidates.add(path);
    }

    /** CapEff of the calling thread, which makes the calls of a launch (/proc/thread-self/status); 0 where it cannot be read. */
    private static long capabilities() {
        try (BufferedReader in = open("/proc/thread-self/status")) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.startsWith("CapEff:")) {
                    return Long.parseUnsignedLong(
                            line.substring("CapEff:".length()).trim(), 16);
                }
            }
        } catch (IOException e) {
            return 0;
        }
        return 0;
    }

    private static int lastCapability() {
        try (BufferedReader in = open("/proc/sys/kernel/cap_last_cap")) {
            String line = in.readLine();
            return line == null ? LAST_CAPABILITY_OF_6_1 : Integer.parseInt(line.trim());
        } catch (IOException e) {
            return LAST_CAPABILITY_OF_6_1;
        }
    }

    private static BufferedReader open(String path) throws IOException {
        return new BufferedReader(new FileReader(path, StandardCharsets.US_ASCII));
    }
}
