package io.jbox.testhost;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** An archive of Debian packages in this host's own files, as the only one that its apt knows ({@code src/test/debian}). */
public final class DebianArchive implements AutoCloseable {
    /** Its suite. */
    public static final String SUITE = "testing-suite";

    private final Path folder;

    /** @param packages beside those that it always has */
    public DebianArchive(Path folder, String... packages) throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/mmdebstrap")), "mmdebstrap is not installed");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gpg-agent")), "gpg-agent is not installed");
        this.folder = folder;
        List<String> words =
                new ArrayList<>(List.of("src/test/debian/archive.sh", archive().toString(), "1.0"));
        words.addAll(List.of(packages));
        Files.createDirectories(folder.resolve("apt/apt.conf.d"));
        Files.createDirectories(folder.resolve("apt/trusted.gpg.d"));
        Wires.sh(String.join(" ", words));
        writeSources();
        Wires.sh("mount --bind " + folder + "/apt /etc/apt");
    }

    /** Makes it the only one that this host's apt knows. */
    public void writeSources() throws IOException {
        Files.writeString(
                folder.resolve("apt/sources.list"),
                "deb [signed-by=" + archive() + "/archive.gpg] file:" + archive() + " " + SUITE + " main\n");
    }

    /** Where it is. */
    public Path archive() {
        return folder.resolve("archive");
    }

    /** The file of a package. */
    public Path file(String name, String version) {
        return archive().resolve("pool/main/" + name + "_" + version + "_all.deb");
    }

    /** Adds another version of the package {@code greeting}. */
    public void add(String version) {
        Wires.sh("src/test/debian/archive.sh " + archive() + " " + version);
    }

    @Override
    public void close() {
        Wires.sh("umount /etc/apt; rm -rf " + folder);
    }
}
