package io.jbox.image;

import io.jbox.config.PackageList;
import io.jbox.number.Sha256;
import io.jbox.problem.JboxException;
import io.jbox.store.Store;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Packages by their hashes, beside the store's trees, so that a package for several root file systems is fetched once.
 */
final class PackageStore {
    private static final String HELPER = "/usr/lib/apt/apt-helper";
    /** By the users of a box. */
    private static final Set<PosixFilePermission> READABLE = PosixFilePermissions.fromString("rw-r--r--");

    private static final int BUFFER = 256 * 1024;
    private static final long MB = 1_000_000;

    private final Path folder;
    private final DebianTools tools;
    private final Progress progress;

    PackageStore(Store store, DebianTools tools, Progress progress) {
        this.folder = Path.of(store.folder(), Store.PACKAGES);
        this.tools = tools;
        this.progress = progress;
    }

    /**
     * Puts packages into a folder. They are untrusted, since the author of a lock may have made them: this only
     * computes their checksums.
     *
     * @param addresses of archives that may have them
     * @param fetched an empty folder on the store's file system
     */
    void bring(PackageList packages, List<String> addresses, Path fetched, Path to) throws IOException {
        Files.createDirectories(folder);
        String problem = "";
        for (String address : addresses) {
            List<PackageList.Package> missing = missing(packages, to);
            if (!missing.isEmpty()) {
                problem = fetch(missing, address, fetched, problem);
                for (PackageList.Package one : missing) {
                    keep(one, fetched, to);
                }
            }
        }
        List<PackageList.Package> missing = missing(packages, to);
        if (!missing.isEmpty()) {
            PackageList.Package first = missing.get(0);
            throw tools.failure(
                    "package " + first.name() + " " + first.version() + " cannot be had: " + problem,
                    "archives forget old versions; rootfs.debian.mirror may name an archive of snapshots, and jbox store export carries the tree to another machine");
        }
    }

    private Path place(PackageList.Package one) {
        return folder.resolve(one.sha256());
    }

    private static Path file(PackageList.Package one, Path to) {
        return to.resolve(one.sha256() + ".deb");
    }

    /** Returns the packages that the store lacks; copies the others to the folder if their checksum is right. */
    private List<PackageList.Package> missing(PackageList packages, Path to) throws IOException {
        List<PackageList.Package> missing = new ArrayList<>();
        for (PackageList.Package one : packages.packages()) {
            if (Files.exists(file(one, to))) {
                continue;
            }
            Path kept = place(one);
            if (!Files.isRegularFile(kept) || !hash(kept).equals(one.sha256())) {
                missing.add(one);
                continue;
            }
            give(kept, one, to);
        }
        return missing;
    }

    /** Makes a package readable for another user. */
    private static void give(Path from, PackageList.Package one, Path to) throws IOException {
        Files.copy(from, file(one, to));
        Files.setPosixFilePermissions(file(one, to), READABLE);
    }

    /**
     * Fetches packages in groups of similar size, to limit what an archive can send: RLIMIT_FSIZE is the size of a
     * group's largest package.
     */
    private String fetch(List<PackageList.Package> missing, String address, Path fetched, String before) {
        long bytes = 0;
        Map<Integer, List<PackageList.Package>> groups = new TreeMap<>();
        for (PackageList.Package one : missing) {
            bytes += one.size();
            groups.computeIfAbsent(Long.numberOfLeadingZeros(one.size()), size -> new ArrayList<>())
                    .add(one);
        }
        progress.step("fetching " + missing.size() + " packages (" + (bytes + MB - 1) / MB + " MB)");
        String problem = before;
        for (List<PackageList.Package> group : groups.values()) {
            try {
                tools.output(download(group, address, fetched));
            } catch (JboxException e) {
                // Another archive may have what this one lacks.
                problem = e.problems().get(0).message().substring(tools.what().length() + 2);
            }
        }
        return problem;
    }

    private static List<String> download(List<PackageList.Package> group, String address, Path fetched) {
        long largest = 0;
        List<String> files = new ArrayList<>();
        for (PackageList.Package one : group) {
            largest = Math.max(largest, one.size());
            files.addAll(List.of(address + "/" + one.path(), file(one, fetched).toString(), "SHA256:" + one.sha256()));
        }
        List<String> words = new ArrayList<>(List.of(
                "prlimit", "--fsize=" + largest, HELPER, "-q", "-o", "APT::Sandbox::User=root", "download-file"));
        words.addAll(files);
        return words;
    }

    private void keep(PackageList.Package one, Path fetched, Path to) throws IOException {
        Path file = file(one, fetched);
        if (Files.isRegularFile(file)
                && Files.size(file) == one.size()
                && hash(file).equals(one.sha256())) {
            give(file, one, to);
            // A package from a host folder is only a link. Other processes may fetch the same package, or collect,
            // meanwhile.
            Path whole = fetched.resolve(one.sha256());
            Files.copy(file, whole);
            Files.move(whole, place(one), StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private static String hash(Path file) throws IOException {
        MessageDigest digest = Sha256.digest();
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[BUFFER];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        }
        return Sha256.finish(digest);
    }
}
