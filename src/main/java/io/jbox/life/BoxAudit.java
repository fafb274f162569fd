package io.jbox.life;

import io.jbox.audit.Auditor;
import io.jbox.audit.Finding;
import io.jbox.audit.HostView;
import io.jbox.config.Config;
import io.jbox.host.BoxTrees;
import io.jbox.host.HostPaths;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.uapi.Constants;
import java.util.List;

/** What a box could do to this host, from its configuration and from what its paths lead to here. */
public final class BoxAudit {
    private final BoxRegistry registry;

    public BoxAudit(BoxRegistry registry) {
        this.registry = registry;
    }

    public List<Finding> findings(Config config) {
        return new Auditor(config, new HostSurvey(registry).of(config), new View(registry.kernel())).findings();
    }

    /** Looks up paths on this host. */
    private static final class View implements HostView {
        private final Kernel kernel;
        private final HostPaths paths;

        View(Kernel kernel) {
            this.kernel = kernel;
            this.paths = new HostPaths(kernel, List.of(), BoxTrees.NONE);
        }

        @Override
        public Kind kind(String path) {
            FileStatus status = FileStatus.of(kernel, path);
            int type = status == null ? 0 : status.type();
            return type == Constants.S_IFSOCK
                    ? Kind.SOCKET
                    : type == Constants.S_IFCHR || type == Constants.S_IFBLK ? Kind.DEVICE : Kind.OTHER;
        }

        @Override
        public List<String> names(String path) {
            return paths.names(path);
        }
    }
}
