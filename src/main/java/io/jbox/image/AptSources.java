package io.jbox.image;

import io.jbox.config.DebianRecipe;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The archives of packages: the configured one, or those of the host's own apt (sources.list(5)). */
final class AptSources {
    private static final Pattern SIGNED_BY =
            Pattern.compile("signed-by\\s*[:=]\\s*(/[^\\s\\]]+)", Pattern.CASE_INSENSITIVE);
    private static final Pattern COMMENT = Pattern.compile("(?m)^[ \t]*#.*$\n?");
    private static final String KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
    private static final Path APT = Path.of("/etc/apt");
    /** The suites that have no separate updates. */
    private static final List<String> ROLLING = List.of("sid", "unstable", "experimental");

    private static final String UPDATES = "-updates";
    private static final String SECURITY = "-security";
    private static final String SUITES = "/dists/";
    private static final String RELEASE = "/InRelease'";

    private final DebianRecipe recipe;
    private final List<Source> sources;

    /**
     * One archive's suite.
     *
     * @param address without a slash at the end
     * @param keyring the file with the archive's keys; null for the keys that apt trusts by default
     */
    private record Source(
            String address, String suite, @Nullable String keyring) {}

    private AptSources(DebianRecipe recipe, List<Source> sources) {
        this.recipe = recipe;
        this.sources = sources;
    }

    /** @throws JboxException if none is configured, and the host's apt has none */
    static AptSources of(DebianRecipe recipe, DebianTools tools) {
        List<String> entries = entries();
        if (!recipe.mirror().isEmpty()) {
            return new AptSources(recipe, List.of(source(recipe.mirror(), recipe.suite(), entries)));
        }
        List<Source> known = new ArrayList<>();
        String uris = tools.output(List.of("apt-get", "update", "--print-uris"));
        for (String line : uris.split("\n")) {
            int suites = line.indexOf(SUITES);
            int end = line.indexOf(RELEASE);
            if (line.startsWith("'") && suites > 0 && end > suites) {
                String suite = line.substring(suites + SUITES.length(), end);
                Source source = source(line.substring(1, suites), suite, entries);
                if (!known.contains(source)) {
                    known.add(source);
                }
            }
        }
        List<Source> wanted = new ArrayList<>();
        for (Source source : known) {
            if (source.suite.equals(recipe.suite()) || source.suite.startsWith(recipe.suite() + "-")) {
                wanted.add(source);
            }
        }
        if (wanted.isEmpty()) {
            wanted.addAll(likeThose(known, recipe.suite()));
        }
        if (wanted.isEmpty()) {
            throw new JboxException(
                    "deb:" + recipe.text() + ": this host's apt knows no archive",
                    "rootfs: {debian: {suite: " + recipe.suite() + ", mirror: http://HOST/debian}}");
        }
        return new AptSources(recipe, wanted);
    }

    /** Another release, from the archive that the host's own comes from first, with its updates where the host has its own. */
    private static List<Source> likeThose(List<Source> known, String suite) {
        List<Source> like = new ArrayList<>();
        for (Source source : known) {
            Source own = known.get(0);
            String more = source.suite.startsWith(own.suite) ? source.suite.substring(own.suite.length()) : null;
            boolean same = source.address.equals(own.address);
            boolean updates = SECURITY.equals(more) || same && UPDATES.equals(more);
            if (same && "".equals(more) || updates && !ROLLING.contains(suite)) {
                like.add(new Source(source.address, suite + more, source.keyring));
            }
        }
        return like;
    }

    /** A source with the host apt's keys for this archive, else with Debian's keys. */
    private static Source source(String address, String suite, List<String> entries) {
        for (String entry : entries) {
            Matcher keyring = SIGNED_BY.matcher(entry);
            if (names(entry, address) && keyring.find()) {
                return new Source(address, suite, keyring.group(1));
            }
        }
        return new Source(address, suite, Files.isReadable(Path.of(KEYRING)) ? KEYRING : null);
    }

    private static boolean names(String entry, String address) {
        for (String word : entry.split("\\s+")) {
            if (word.equals(address) || word.equals(address + "/")) {
                return true;
            }
        }
        return false;
    }

    /** The lines and paragraphs of the host's sources, without comments. */
    private static List<String> entries() {
        List<String> entries = new ArrayList<>();
        try {
            Path list = APT.resolve("sources.list");
            if (Files.exists(list)) {
                entries.addAll(List.of(
                        COMMENT.matcher(Files.readString(list)).replaceAll("").split("\n")));
            }
            Path parts = APT.resolve("sources.list.d");
            if (Files.isDirectory(parts)) {
                try (DirectoryStream<Path> files = Files.newDirectoryStream(parts, "*.{list,sources}")) {
                    for (Path file : files) {
                        boolean paragraphs = file.toString().endsWith(".sources");
                        String text = COMMENT.matcher(Files.readString(file)).replaceAll("");
                        entries.addAll(List.of(text.split(paragraphs ? "\n\\s*\n" : "\n")));
                    }
                }
            }
            return entries;
        } catch (IOException e) {
            throw new JboxException(APT + ": " + SystemError.of(e));
        }
    }

    /** Lines of sources.list(5). */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (Source source : sources) {
            String options = source.keyring == null ? "" : "[signed-by=" + source.keyring + "] ";
            lines.add("deb " + options + source.address + " " + source.suite + " "
                    + String.join(" ", recipe.components()));
        }
        return lines;
    }

    /** The addresses of archives, without a slash at the end. */
    List<String> addresses() {
        List<String> addresses = new ArrayList<>();
        for (Source source : sources) {
            if (!addresses.contains(source.address)) {
                addresses.add(source.address);
            }
        }
        return addresses;
    }
}
