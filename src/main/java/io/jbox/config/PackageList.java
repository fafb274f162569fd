package io.jbox.config;

import io.jbox.number.Sha256;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The exact packages of a Debian root file system.
 *
 * @param epoch the time for files without a time of their own, in seconds since 1970; 0 in an empty list
 * @param packages sorted by name
 */
public record PackageList(long epoch, List<Package> packages) {
    /** The empty list, for other images. */
    public static final PackageList NONE = new PackageList(0, List.of());

    private static final int PARTS = 5;
    private static final long MOST = 1L << 34;

    public PackageList {
        List<Package> sorted = new ArrayList<>(packages);
        sorted.sort(Comparator.comparing(Package::name).thenComparing(Package::version));
        packages = List.copyOf(sorted);
    }

    /**
     * One package.
     *
     * @param path below the address of an archive
     * @param size in bytes
     * @param sha256 of the file, in hexadecimal digits
     */
    public record Package(String name, String version, String path, long size, String sha256) {
        /** Accepts what {@link #line} returns. */
        public static Package parse(String line) throws BadValueException {
            String[] parts = line.split(" ", -1);
            Syntax.require(parts.length == PARTS, "is not NAME VERSION PATH SIZE SHA256");
            DebianRecipe.packageName(parts[0]);
            // It may be encoded: the fetcher decodes the path first.
            String path =
                    "/" + parts[2].toLowerCase(Locale.ROOT).replace("%2e", ".").replace("%2f", "/") + "/";
            boolean plain = !path.startsWith("//") && !path.contains("/../") && !path.contains("%00");
            Syntax.require(plain && isGraphic(parts[1]) && isGraphic(parts[2]), "has a bad version or path");
            Syntax.require(ImageName.isHex(parts[4]), "has a checksum that is not 64 hexadecimal digits");
            return new Package(parts[0], parts[1], parts[2], Syntax.parseNumber(parts[3], 1, MOST), parts[4]);
        }

        private static boolean isGraphic(String text) {
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (c <= ' ' || c >= 0x7f || "?#\"'\\".indexOf(c) >= 0) {
                    return false;
                }
            }
            return !text.isEmpty();
        }

        /** All of it in one line. */
        public String line() {
            return name + " " + version + " " + path + " " + size + " " + sha256;
        }
    }

    /** Accepts what {@link #lines} returns. */
    public static PackageList parse(long epoch, List<String> lines) throws BadValueException {
        List<Package> all = new ArrayList<>();
        for (String line : lines) {
            all.add(Package.parse(line));
        }
        return new PackageList(epoch, all);
    }

    /**
     * This list with some packages taken from a newer list; packages that only the newer one has are added, and those
     * that it lacks are left out.
     *
     * @param names of these packages
     * @throws BadValueException if the newer one lacks one of them
     */
    public PackageList with(PackageList newer, List<String> names) throws BadValueException {
        Map<String, Package> before = new HashMap<>();
        for (Package one : packages) {
            before.put(one.name(), one);
        }
        Set<String> unknown = new TreeSet<>(names);
        List<Package> all = new ArrayList<>();
        for (Package one : newer.packages) {
            Package kept = before.get(one.name());
            all.add(kept == null || names.contains(one.name()) ? one : kept);
            unknown.remove(one.name());
        }
        Syntax.require(unknown.isEmpty(), "has no package " + String.join(", ", unknown));
        return new PackageList(newer.epoch, all);
    }

    public boolean isEmpty() {
        return packages.isEmpty();
    }

    /** One for each package. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (Package one : packages) {
            lines.add(one.line());
        }
        return lines;
    }

    /** Identifies a root file system of these packages, as a manifest's digest identifies an image. */
    public String manifest(DebianRecipe recipe) {
        StringBuilder all = new StringBuilder("debian ").append(recipe.text()).append('\n');
        all.append(epoch).append('\n');
        for (String line : lines()) {
            all.append(line).append('\n');
        }
        return "sha256:" + Sha256.of(all.toString());
    }
}
