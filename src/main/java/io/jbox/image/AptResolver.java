package io.jbox.image;

import io.jbox.config.BadValueException;
import io.jbox.config.DebianRecipe;
import io.jbox.config.PackageList;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes apt choose packages and their versions, as on a machine without packages, and verify the signatures of package
 * lists.
 */
final class AptResolver {
    private static final int PARTS = 4;
    private static final List<String> HOOKS = List.of(
            "#clear APT::Update::Pre-Invoke;",
            "#clear APT::Update::Post-Invoke;",
            "#clear APT::Update::Post-Invoke-Success;",
            "#clear DPkg::Pre-Install-Pkgs;");
    private static final String DATE = "Date: ";
    private static final String SHA256 = "SHA256:";

    private final DebianRecipe recipe;
    private final AptSources sources;
    private final DebianTools tools;
    private final Path folder;
    private final String architecture;

    /** @param folder that is empty, for what apt writes */
    AptResolver(DebianRecipe recipe, AptSources sources, DebianTools tools, Path folder, String architecture) {
        this.recipe = recipe;
        this.sources = sources;
        this.tools = tools;
        this.folder = folder;
        this.architecture = architecture;
    }

    PackageList resolve() throws IOException, BadImageException {
        for (String name : List.of("lists/partial", "archives/partial", "state")) {
            Files.createDirectories(folder.resolve(name));
        }
        Files.writeString(folder.resolve("status"), "");
        Files.write(folder.resolve("sources.list"), sources.lines());
        // Otherwise the hooks of the host's apt would run; options on the command line cannot clear a list.
        Files.write(folder.resolve("apt.conf"), HOOKS);
        tools.output(apt("apt-get", "-q", "update"));
        List<String> install = new ArrayList<>(List.of("-q", "-y", "--print-uris", "install"));
        install.addAll(wanted());
        String uris = tools.output(apt("apt-get", install.toArray(String[]::new)));
        List<PackageList.Package> packages = new ArrayList<>();
        for (String line : uris.split("\n")) {
            if (line.startsWith("'")) {
                packages.add(parse(line));
            }
        }
        for (String name : recipe.packages()) {
            if (packages.stream().noneMatch(one -> one.name().equals(name))) {
                throw new BadImageException("the archive has no package " + name);
            }
        }
        return new PackageList(epoch(), packages);
    }

    private List<String> apt(String program, String... words) {
        List<String> all = new ArrayList<>(List.of(program, "-c", folder + "/apt.conf"));
        for (String option : List.of(
                "Dir::State=" + folder + "/state",
                "Dir::State::status=" + folder + "/status",
                "Dir::State::lists=" + folder + "/lists",
                "Dir::Cache=" + folder,
                "Dir::Etc::SourceList=" + folder + "/sources.list",
                "Dir::Etc::SourceParts=/dev/null",
                "Dir::Etc::Preferences=/dev/null",
                "Dir::Etc::PreferencesParts=/dev/null",
                "APT::Architecture=" + architecture,
                "APT::Architectures=" + architecture,
                "APT::Install-Recommends=false",
                "APT::Install-Suggests=false",
                "APT::Default-Release=",
                "APT::Sandbox::User=root",
                "APT::Update::Error-Mode=any",
                "Acquire::Languages=none",
                "Acquire::ForceHash=SHA256",
                // A configured mirror may be an archive of snapshots.
                "Acquire::Check-Valid-Until=" + recipe.mirror().isEmpty())) {
            all.addAll(List.of("-o", option));
        }
        all.addAll(List.of(words));
        return all;
    }

    /** The packages to install as apt-patterns(7), with the definitions of variants from mmdebstrap(1). */
    private List<String> wanted() {
        if (recipe.isBusybox()) {
            return List.of("?exact-name(" + BusyboxTree.PACKAGE + ")");
        }
        List<String> all = new ArrayList<>(List.of("?essential"));
        List<String> priorities = switch (recipe.variant()) {
            case "essential", "apt" -> List.of();
            case "important" -> List.of("required", "important");
            case "standard" -> List.of("required", "important", "standard");
            default -> List.of("required");
        };
        for (String priority : priorities) {
            all.add("?priority(" + priority + ")");
        }
        if (!recipe.variant().equals("essential")) {
            all.add("apt");
        }
        if (recipe.variant().equals("buildd")) {
            all.add("build-essential");
        }
        for (String name : recipe.packages()) {
            // A name alone may be a regular expression, or ask for a removal.
            all.add("?exact-name(" + name + ")");
        }
        return all;
    }

    /** {@code 'ADDRESS/PATH' FILE SIZE SHA256:…} */
    private PackageList.Package parse(String line) throws BadImageException {
        String[] parts = line.split(" ");
        if (parts.length < PARTS || !parts[3].startsWith(SHA256) || parts[1].split("_").length < 2) {
            throw new BadImageException("apt-get says: " + line);
        }
        String uri = parts[0].substring(1, parts[0].length() - 1);
        String[] file = parts[1].split("_");
        for (String address : sources.addresses()) {
            if (uri.startsWith(address + "/")) {
                String version = URLDecoder.decode(file[1].replace("+", "%2b"), StandardCharsets.UTF_8);
                String path = uri.substring(address.length() + 1);
                String text = String.join(" ", file[0], version, path, parts[2], parts[3].substring(SHA256.length()));
                try {
                    return PackageList.Package.parse(text);
                } catch (BadValueException e) {
                    throw new BadImageException("package \"" + text + "\" " + e.getMessage());
                }
            }
        }
        throw new BadImageException("a package is in no archive of its suite: " + uri);
    }

    /** When the archives were made: the latest, for files that would have the time of the installation. */
    private long epoch() throws IOException, BadImageException {
        long latest = 0;
        try (var files = Files.newDirectoryStream(folder.resolve("lists"), "*Release")) {
            for (Path file : files) {
                for (String line : Files.readAllLines(file)) {
                    if (line.startsWith(DATE)) {
                        latest = Math.max(latest, date(line.substring(DATE.length())));
                        break;
                    }
                }
            }
        }
        if (latest <= 0) {
            throw new BadImageException("its archive does not say when it was made");
        }
        return latest;
    }

    private static long date(String text) {
        try {
            // apt writes the zone as UTC, which RFC 1123 has no name for.
            String known = text.strip().replace("UTC", "GMT");
            return OffsetDateTime.parse(known, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toEpochSecond();
        } catch (DateTimeException e) {
            return 0;
        }
    }
}
