package io.jbox.host;

import io.jbox.config.RootfsPath;
import io.jbox.facts.HostFacts;
import io.jbox.facts.KnownBox;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileCalls;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.PathCalls;
import io.jbox.problem.RawText;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Flag;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the naming files and accounts of a root file system. The box may have replaced these files by anything: links
 * cannot lead out of its root (openat2(2)), and only regular files of a bounded size are read.
 */
public final class EtcReader {
    private static final int MOST = 64 * 1024;

    private final Kernel kernel;

    EtcReader(Kernel kernel) {
        this.kernel = kernel;
    }

    /** @param shell of a user to add to the box; null if none is added */
    HostFacts.Etc read(RootfsPath rootfs, @Nullable String shell) {
        List<Fd> roots = new ArrayList<>();
        try {
            for (String layer : rootfs.layers()) {
                Fd root = open(null, layer, Constants.O_PATH | folder(), 0);
                if (root != null) {
                    roots.add(root);
                }
            }
            return read(roots, shell);
        } finally {
            for (Fd root : roots) {
                root.close();
            }
        }
    }

    /**
     * The files in each layer that determine a root file system's name resolution: those that take effect, and those
     * that must be missing so that lower ones take effect. The uppermost layer is the first.
     */
    public static List<KnownBox> layers(Kernel kernel, RootfsPath rootfs) {
        EtcReader reader = new EtcReader(kernel);
        List<String> wanted = new ArrayList<>();
        for (String name : HostFacts.Etc.FILES) {
            wanted.add("etc/" + name);
        }
        List<KnownBox> layers = new ArrayList<>();
        for (String path : rootfs.layers()) {
            Map<String, byte[]> files = new LinkedHashMap<>();
            try (Fd root = reader.open(null, path, Constants.O_PATH | reader.folder(), 0)) {
                for (String file : root == null ? List.<String>of() : wanted) {
                    String text = reader.text(List.of(root), file);
                    if (text != null) {
                        files.put(file, RawText.encode(text));
                    }
                }
            }
            wanted.removeAll(files.keySet());
            layers.add(new KnownBox(path, files, List.copyOf(wanted)));
        }
        return layers;
    }

    private HostFacts.Etc read(List<Fd> roots, @Nullable String shell) {
        boolean exists = false;
        for (Fd root : roots) {
            try (Fd etc = openFolder(root, "etc")) {
                exists |= etc != null;
            }
        }
        String resolvConf = text(roots, "etc/resolv.conf");
        return new HostFacts.Etc(
                exists,
                text(roots, "etc/hosts"),
                text(roots, "etc/hostname"),
                resolvConf,
                resolvConf == null ? target(roots, "etc", "resolv.conf") : null,
                shell == null ? null : accounts(roots, shell));
    }

    /** Null if a file exists but is not a regular file of a bounded size: it stays as it is. */
    private HostFacts.@Nullable Accounts accounts(List<Fd> roots, String shell) {
        String passwd = text(roots, "etc/passwd");
        String group = text(roots, "etc/group");
        boolean odd = passwd == null && has(roots, "etc/passwd") || group == null && has(roots, "etc/group");
        return odd ? null : new HostFacts.Accounts(passwd, group, shell(roots, shell));
    }

    private boolean has(List<Fd> roots, String path) {
        for (Fd root : roots) {
            try (Fd file = open(root, path, Constants.O_PATH, Constants.RESOLVE_IN_ROOT)) {
                if (file != null) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The wanted shell, or another one if it does not exist. */
    private String shell(List<Fd> roots, String wanted) {
        for (String shell : List.of(wanted, "/bin/bash")) {
            if (has(roots, shell)) {
                return shell;
            }
        }
        return "/bin/sh";
    }

    private long folder() {
        return Flag.O_DIRECTORY.value(kernel.processor());
    }

    /** The text in the uppermost layer that has the file. */
    private @Nullable String text(List<Fd> roots, String path) {
        long flags = Constants.O_RDONLY | Constants.O_NONBLOCK | Constants.O_NOCTTY;
        for (Fd root : roots) {
            try (Fd file = open(root, path, flags, Constants.RESOLVE_IN_ROOT | Constants.RESOLVE_NO_MAGICLINKS)) {
                if (file != null) {
                    FileStatus status = FileStatus.of(file);
                    return status != null && status.type() == Constants.S_IFREG ? read(file) : null;
                }
            }
        }
        return null;
    }

    /** The target of a link; null if it is not a link, or leads through other links. */
    private @Nullable String target(List<Fd> roots, String folder, String name) {
        for (Fd root : roots) {
            String link;
            try (Fd etc = openFolder(root, folder)) {
                link = etc == null ? null : readLink(etc, name);
            }
            if (link != null) {
                Path path = Path.of("/" + folder).resolve(link).normalize();
                return path.getNameCount() == 0 ? null : path.toString().substring(1);
            }
        }
        return null;
    }

    private @Nullable String readLink(Fd folder, String name) {
        try {
            String text = new String(PathCalls.readLink(kernel, folder, name), StandardCharsets.US_ASCII);
            // Targets with other characters are left alone.
            return text.isEmpty() || text.indexOf('\ufffd') >= 0 ? null : text;
        } catch (KernelException e) {
            return null;
        }
    }

    private @Nullable Fd openFolder(Fd root, String path) {
        return open(root, path, Constants.O_PATH | folder(), Constants.RESOLVE_IN_ROOT);
    }

    private @Nullable Fd open(@Nullable Fd root, String path, long flags, long resolve) {
        try {
            return PathCalls.openAt2(kernel, root, path, flags, 0, resolve);
        } catch (KernelException e) {
            return null;
        }
    }

    private static @Nullable String read(Fd file) {
        try {
            byte[] bytes = FileCalls.read(file, MOST);
            return bytes.length == MOST ? null : RawText.decode(bytes);
        } catch (KernelException e) {
            return null;
        }
    }
}
