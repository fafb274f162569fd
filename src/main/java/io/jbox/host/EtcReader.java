package io.jbox.host;

import io.jbox.config.RootfsPath;
import io.jbox.facts.HostFacts;
import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.problem.RawText;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a root file system says of its names. The box may have made anything of these files: links lead no further than
 * its root (openat2(2)), nothing but ordinary files of a bounded size is read.
 */
final class EtcReader {
    private static final int MOST = 64 * 1024;

    private final Kernel kernel;

    EtcReader(Kernel kernel) {
        this.kernel = kernel;
    }

    HostFacts.Etc read(RootfsPath rootfs) {
        List<String> layers = new ArrayList<>(List.of(rootfs.path()));
        layers.addAll(rootfs.lowers());
        List<Integer> roots = new ArrayList<>();
        for (String layer : layers) {
            int root = open(Constants.AT_FDCWD, layer, Constants.O_PATH | folder(), 0);
            if (root >= 0) {
                roots.add(root);
            }
        }
        boolean exists = false;
        for (int root : roots) {
            int etc = open(root, "etc", Constants.O_PATH | folder(), Constants.RESOLVE_IN_ROOT);
            if (etc >= 0) {
                exists = true;
                kernel.call(Syscall.CLOSE, etc);
            }
        }
        String resolvConf = text(roots, "etc/resolv.conf");
        HostFacts.Etc etc = new HostFacts.Etc(
                exists,
                text(roots, "etc/hosts"),
                text(roots, "etc/hostname"),
                resolvConf,
                resolvConf == null ? target(roots, "etc", "resolv.conf") : null);
        for (int root : roots) {
            kernel.call(Syscall.CLOSE, root);
        }
        return etc;
    }

    private long folder() {
        return Constants.value("O_DIRECTORY", kernel.processor());
    }

    /** Of the uppermost layer that has it. */
    private @Nullable String text(List<Integer> roots, String path) {
        for (int root : roots) {
            int file = open(
                    root,
                    path,
                    Constants.O_RDONLY | Constants.O_NONBLOCK | Constants.O_NOCTTY,
                    Constants.RESOLVE_IN_ROOT | Constants.RESOLVE_NO_MAGICLINKS);
            if (file < 0) {
                continue;
            }
            try {
                FileStatus status = FileStatus.of(kernel, file);
                return status != null && status.type() == Constants.S_IFREG ? read(file) : null;
            } finally {
                kernel.call(Syscall.CLOSE, file);
            }
        }
        return null;
    }

    /** Where a link leads; null if it is none, or leads through others. */
    private @Nullable String target(List<Integer> roots, String folder, String name) {
        for (int root : roots) {
            int etc = open(root, folder, Constants.O_PATH | folder(), Constants.RESOLVE_IN_ROOT);
            if (etc < 0) {
                continue;
            }
            String link = readLink(etc, name);
            kernel.call(Syscall.CLOSE, etc);
            if (link != null) {
                Path path = Path.of("/" + folder).resolve(link).normalize();
                return path.getNameCount() == 0 ? null : path.toString().substring(1);
            }
        }
        return null;
    }

    private @Nullable String readLink(int folder, String name) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long buffer = program.space(Constants.PATH_MAX);
            Op op = program.op(Syscall.READLINKAT, folder, program.text(name), buffer, Constants.PATH_MAX)
                    .next(0);
            kernel.walk(op.address());
            byte[] link = program.read(buffer, (int) Math.max(0, op.result()));
            String text = new String(link, StandardCharsets.US_ASCII);
            // Names of other characters are left to who has made them.
            return link.length == 0 || text.indexOf('\ufffd') >= 0 ? null : text;
        }
    }

    private int open(int root, String path, long flags, long resolve) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long how = program.words(flags | Constants.O_CLOEXEC, 0, resolve);
            Op op = program.op(Syscall.OPENAT2, root, program.text(path), how, 3 * Long.BYTES)
                    .next(0);
            kernel.walk(op.address());
            return (int) op.result();
        }
    }

    private @Nullable String read(int file) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long buffer = program.space(MOST);
            Op op = program.op(Syscall.READ, file, buffer, MOST).next(0);
            kernel.walk(op.address());
            return op.result() < 0 || op.result() == MOST
                    ? null
                    : RawText.decode(program.read(buffer, (int) op.result()));
        }
    }
}
