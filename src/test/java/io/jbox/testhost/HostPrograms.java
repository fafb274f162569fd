package io.jbox.testhost;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Boxes with the host's own programs in them, perl among these: for system calls that busybox has no word for. */
public final class HostPrograms {
    private final Path root;

    /** @param folder of their root file system; made if it is not there */
    public HostPrograms(Path folder) throws IOException {
        root = folder.resolve("root");
        Files.createDirectories(root);
        Wires.sh("chmod 700 " + folder);
        for (String name : List.of("proc", "sys", "dev", "tmp", "etc", "root")) {
            Files.createDirectories(root.resolve(name));
        }
        Files.writeString(root.resolve("etc/passwd"), "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n");
    }

    /** Writes a configuration; returns its file. */
    public String define(String name, String net, String... lines) throws IOException {
        List<String> all =
                new ArrayList<>(List.of("name: " + name, "rootfs: {path: " + root + "}", "mount:", "  entry:"));
        for (String folder : List.of("/usr", "/bin", "/sbin", "/lib", "/lib64")) {
            if (Files.exists(Path.of(folder))) {
                all.add("    - " + folder + " " + folder.substring(1) + " none bind,ro,create=dir");
            }
        }
        all.addAll(List.of(
                "    - tmpfs tmp tmpfs mode=1777", "    - mqueue dev/mqueue mqueue create=dir", "net: [" + net + "]"));
        all.addAll(List.of(lines));
        Path file = Path.of("/run/boxes/" + name + ".yaml");
        Files.createDirectories(file.getParent());
        return Files.writeString(file, String.join("\n", all) + "\n").toString();
    }
}
