package io.jbox.image;

import java.util.List;

/**
 * The root file system of the template {@code busybox}, made from a package's busybox. It is made in a box, since that
 * busybox is executed.
 */
final class BusyboxTree {
    /** The package. */
    static final String PACKAGE = "busybox-static";
    /** The template's script, in the box. */
    static final String SCRIPT = "busybox.sh";

    /** Programs of packages are in /bin, or in /usr/bin since Debian 13. */
    private static final String MAKE = """
            set -eu
            cd /tmp
            dpkg-deb --fsys-tarfile packages/*.deb >package.tar
            tar -xOf package.tar ./bin/busybox >busybox 2>/dev/null || tar -xOf package.tar ./usr/bin/busybox >busybox
            chmod 755 busybox
            BUSYBOX=/tmp/busybox sh %s /tmp/tree >/dev/null
            cmp busybox tree/bin/busybox >&2
            exec tar --sort=name --numeric-owner --owner=0 --group=0 -C tree -cf - .
            """.formatted(SCRIPT);

    private BusyboxTree() {}

    /** The command in the box; it writes the root file system as a tar archive to standard output. */
    static List<String> words() {
        return List.of("/bin/sh", "-c", MAKE);
    }
}
