package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.host.BoxTrees;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.state.BoxRecord;
import io.jbox.state.DamagedRecordException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The trees of all boxes that jbox knows: running ones, which hold locks on them (also those of {@code jbox run}), and
 * defined ones.
 */
public final class KnownTrees implements BoxTrees {
    private final BoxRegistry registry;
    private @Nullable List<FileStatus> tops;

    public KnownTrees(BoxRegistry registry) {
        this.registry = registry;
    }

    @Override
    public boolean isTop(FileStatus folder) {
        if (new TreeUsers(registry).holds("").isUsed(folder)) {
            return true;
        }
        for (FileStatus top : tops()) {
            if (top.isSameAs(folder)) {
                return true;
            }
        }
        return false;
    }

    private List<FileStatus> tops() {
        if (tops == null) {
            Kernel kernel = registry.kernel();
            tops = new ArrayList<>();
            for (String tree : paths()) {
                // A box with the whole host as its tree can reach everything anyway.
                FileStatus status = tree.equals("/") ? null : FileStatus.of(kernel, tree);
                if (status != null) {
                    tops.add(status);
                }
            }
        }
        return tops;
    }

    private List<String> paths() {
        List<String> paths = new ArrayList<>();
        for (String box : registry.state().names()) {
            try {
                BoxRecord record = registry.state().read(box);
                paths.addAll(record == null ? List.of() : record.spec().origin().trees());
            } catch (DamagedRecordException e) {
                continue; // whoever asks for that box is told
            }
        }
        for (String box : registry.defined()) {
            Config config = registry.findConfig(box);
            paths.addAll(config == null ? List.of() : config.hostTrees());
        }
        return paths;
    }
}
