package io.jbox.image;

import io.jbox.config.DebianRecipe;
import io.jbox.config.IdMapping;
import io.jbox.config.PackageList;
import io.jbox.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The box in which packages are set up, by mmdebstrap(1) or as the template busybox does: of the host it sees programs, in
 * /usr, and nothing else. Packages execute scripts there, as root of the box, and archives are trusted no more than any other
 * image.
 */
public final class DebianBox {
    /** What mmdebstrap takes from where it runs, or leaves of what it was told. */
    private static final String CLEAN =
            "rm -f \"$1/etc/resolv.conf\" \"$1/etc/hostname\" \"$1/etc/dpkg/dpkg.cfg.d/99mmdebstrap\"; "
                    + "[ ! -d \"$1/etc/apt\" ] || printf '%s\\n' \"$JBOX_SOURCES\" >\"$1/etc/apt/sources.list\"";

    /** Makes an index for apt, here: to read what a package says of itself, dpkg-deb unpacks what its maker has written. */
    private static final String INDEX = """
            set -eu
            cd /tmp
            for file in packages/*.deb; do
                name=${file#packages/}
                dpkg-deb --field "$file"
                printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' "$file" "$(stat -c %s "$file")" "${name%.deb}"
            done >Packages
            exec "$@"
            """;

    private static final String ALL = "rwxrwxrwx";
    private static final String READ = "rwxr-xr-x";

    private final Path work;

    /** @param work a folder for all of it */
    public DebianBox(Path work) {
        this.work = work;
    }

    /** The folder that packages are to lie in. */
    public Path packages() {
        return work.resolve("tmp/packages");
    }

    /** The configuration's file. */
    public Path file() {
        return work.resolve("box.yaml");
    }

    /**
     * Makes the folders.
     *
     * @param scripts the folder of templates
     */
    public void make(DebianRecipe recipe, Path scripts) throws IOException {
        Path root = work.resolve("root");
        folder(root, READ);
        for (String folder :
                List.of("usr", "etc/alternatives", "tmp", "proc", "sys", "dev", "run", "root", "var/tmp")) {
            folder(root.resolve(folder), READ);
        }
        for (String link : List.of("bin", "sbin", "lib", "lib64")) {
            Files.createSymbolicLink(root.resolve(link), Path.of("usr", link));
        }
        file(root.resolve("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
        file(root.resolve("etc/group"), "root:x:0:\n");
        file(root.resolve("etc/ld.so.cache"), "");
        // The ids of the box are others' on the host.
        folder(work.resolve("tmp"), ALL);
        folder(packages(), READ);
        if (recipe.isBusybox()) {
            file(work.resolve("tmp/" + BusyboxTree.SCRIPT), Files.readString(scripts.resolve(BusyboxTree.SCRIPT)));
        }
    }

    private static void folder(Path folder, String mode) throws IOException {
        Files.createDirectories(folder);
        for (Path at = folder; at != null && !at.endsWith("root") && !at.endsWith("tmp"); at = at.getParent()) {
            Files.setPosixFilePermissions(at, PosixFilePermissions.fromString(READ));
        }
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(mode));
    }

    private static void file(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }

    /**
     * Writes the configuration.
     *
     * @param ids that the box must have; empty for those that it would have anyway
     */
    public void configure(String name, DebianRecipe recipe, PackageList packages, List<IdMapping> ids)
            throws IOException {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("name", name);
        all.put("uts", Map.of("name", "debian"));
        all.put("rootfs", Map.of("path", work.resolve("root").toString()));
        all.put(
                "mount",
                Map.of(
                        "entry",
                        List.of(
                                "/usr usr none rbind,ro 0 0",
                                "/etc/alternatives etc/alternatives none bind,ro 0 0",
                                "/etc/ld.so.cache etc/ld.so.cache none bind,ro 0 0",
                                escaped(work.resolve("tmp")) + " tmp none bind,rw 0 0")));
        all.put("net", List.of(Map.of("type", "empty", "flags", "up")));
        all.put("cap", Map.of("add", List.of("sys_admin", "mknod")));
        all.put(
                "environment",
                List.of(
                        "SOURCE_DATE_EPOCH=" + packages.epoch(),
                        "HOME=/tmp",
                        "TMPDIR=/tmp",
                        "TZ=UTC",
                        "LC_ALL=C.UTF-8",
                        "JBOX_SOURCES=" + sourcesOf(recipe)));
        if (!ids.isEmpty()) {
            all.put("idmap", IdMapping.texts(ids));
        }
        Files.writeString(file(), Json.write(all) + "\n");
    }

    /** As in fstab(5). */
    private static String escaped(Path path) {
        return path.toString().replace("\\", "\\134").replace(" ", "\\040").replace("\t", "\\011");
    }

    /** What is executed in it; the root file system comes as a tar archive on the standard output. */
    public static List<String> words(DebianRecipe recipe, PackageList packages, String architecture) {
        if (recipe.isBusybox()) {
            return BusyboxTree.words();
        }
        List<String> names = new ArrayList<>();
        for (PackageList.Package one : packages.packages()) {
            names.add(one.name());
        }
        return List.of(
                "/bin/sh",
                "-c",
                INDEX,
                "sh",
                "/usr/bin/mmdebstrap",
                // It is root already, of the box.
                "--mode=unshare",
                "--variant=custom",
                "--architectures=" + architecture,
                "--include=" + String.join(",", names),
                "--dpkgopt=force-unsafe-io",
                "--skip=output/dev",
                "--customize-hook=" + CLEAN,
                "--format=tar",
                recipe.suite(),
                "-",
                "deb [trusted=yes] copy:///tmp ./");
    }

    /** For apt in the box: the same on every host, so the host's own mirrors are not in it. */
    private static String sourcesOf(DebianRecipe recipe) {
        return recipe.mirror().isEmpty()
                ? "# rootfs.debian.mirror of the box's configuration would be here."
                : "deb " + recipe.mirror() + " " + recipe.suite() + " " + String.join(" ", recipe.components());
    }
}
