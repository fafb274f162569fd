package io.jbox.image;

import java.util.List;

/** The root file system that the template {@code busybox} makes, of a package's busybox. It is made in a box: it executes that. */
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

    /** What is executed in the box; the root file system comes as a tar archive on the standard output. */
    static List<String> words() {
        return List.of("/bin/sh", "-c", MAKE);
    }
}
