package io.jbox.cli;

import io.jbox.config.ImageName;
import io.jbox.json.Json;
import io.jbox.life.Images;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.store.ImageRecord;
import io.jbox.store.NameRecord;
import io.jbox.store.Store;
import io.jbox.store.StoreCare;
import java.io.File;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code jbox store}: the images and trees that boxes lie over. */
final class StoreCommand implements Command {
    private static final Option STORE = new Option('\0', "store", "DIR", "another store than the user's own");
    private static final Option PLATFORM =
            new Option('\0', "platform", "OS/ARCH", "pull: for another processor, as linux/arm64");
    private static final Option ALL = new Option('a', "all", null, "gc: also remove named images that no box uses");

    private static final Option OUTPUT = new Option('o', "output", "FILE", "export: write this file");
    private static final Option DEV =
            new Option('\0', "dev", null, "for a user: the store of boxes with a dev section, which have other ids");

    /** The verbs, for completion. */
    static final String VERBS = "ls pull verify gc rm export import";

    private static final int SHOWN = 12;

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "store",
                        "ls|pull|verify|gc|rm|export|import ...",
                        "shows, fetches, checks and removes images that boxes lie over",
                        "  ls                 trees, what images they are, and the boxes that use them\n"
                                + "  pull IMAGE...      fetches images (anew), as rootfs.image names them\n"
                                + "  verify [TREE...]   compares trees, or all of them, with what they were when they were made\n"
                                + "  gc [-a]            removes trees that have no name and that no box uses\n"
                                + "  rm IMAGE...        forgets images' names; gc removes their trees then\n"
                                + "  export WHAT...     writes trees to one archive; WHAT is an image, NAME.lock, or the first digits of a tree's hash\n"
                                + "  import [FILE]      adds the trees of such an archive, each compared with its hash\n",
                        List.of(ALL, PLATFORM, OUTPUT, DEV, STORE, Option.JSON),
                        false)
                .apart();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        List<String> operands = arguments.operands();
        if (operands.isEmpty()) {
            throw arguments.usage("expected one of " + VERBS);
        }
        String folder = arguments.value(STORE);
        Images images = surroundings.images(
                folder == null ? surroundings.storeFolder() : new File(folder).getAbsolutePath(),
                Images.Missing.REFUSE);
        Images kept = folder == null ? images.kept() : null;
        if (arguments.has(DEV) && !Images.isOwner()) {
            images = images.keeping();
            kept = null;
        }
        String verb = operands.get(0);
        List<String> rest = operands.subList(1, operands.size());
        StoreTransfers transfers = new StoreTransfers(images, surroundings);
        switch (verb) {
            case "ls" -> {
                return list(images, kept, arguments, surroundings);
            }
            case "export" -> {
                if (rest.isEmpty()) {
                    throw arguments.usage("expected an image, a lock, or a tree");
                }
                transfers.export(rest, arguments.value(OUTPUT));
                return 0;
            }
            case "import" -> {
                if (rest.size() > 1) {
                    throw arguments.usage("expected one archive");
                }
                return transfers.take(rest.isEmpty() ? null : rest.get(0));
            }
            default -> {
                return Images.isOwner() || verb.equals("pull") && isDebian(rest, arguments)
                        ? change(verb, rest, images, arguments, surroundings)
                        : delegate(verb, images, kept, arguments);
            }
        }
    }

    /** Whether they are made in a box, which the caller starts. */
    private static boolean isDebian(List<String> names, Arguments arguments) {
        long debian =
                names.stream().filter(name -> ImageWord.parse(name).isDebian()).count();
        if (debian > 0 && debian < names.size()) {
            throw arguments.usage("expected deb:... images alone, or none");
        }
        return debian > 0;
    }

    private static int delegate(String verb, Images images, @Nullable Images kept, Arguments arguments) {
        int code = images.delegate(words(arguments), StoreTransfers.NO_INPUT, ProcessBuilder.Redirect.INHERIT);
        return kept == null || verb.equals("pull")
                ? code
                : Math.max(
                        code,
                        kept.delegate(words(arguments), StoreTransfers.NO_INPUT, ProcessBuilder.Redirect.INHERIT));
    }

    /** Does what works on trees; {@code pack}, {@code diff}, {@code unpack} and {@code commit} are for other commands. */
    private static int change(
            String verb, List<String> rest, Images images, Arguments arguments, Surroundings surroundings) {
        switch (verb) {
            case "pull" -> pull(rest, images, arguments, surroundings);
            case "verify" -> {
                return verify(rest, images.care(), arguments, surroundings);
            }
            case "gc" -> show(images.care().collect(arguments.has(ALL)), arguments, surroundings);
            case "rm" -> forget(rest, images.store(), arguments);
            case "pack" -> images.work().pack(System.in, rest.contains("image"), surroundings.out());
            case "diff" -> images.work().diff(System.in, rest.contains("patch"), surroundings.out());
            case "unpack" -> {
                if (rest.size() != 1) {
                    throw arguments.usage("expected the image's name");
                }
                images.work().unpack(System.in, ImageWord.parse(rest.get(0)), platform(arguments));
            }
            case "commit" -> {
                if (rest.size() != 1) {
                    throw arguments.usage("expected the image's name");
                }
                images.work().commit(System.in, ImageWord.parse(rest.get(0)), platform(arguments));
            }
            default -> throw arguments.noneOf(verb, VERBS);
        }
        return 0;
    }

    private static String platform(Arguments arguments) {
        String platform = arguments.value(PLATFORM);
        if (platform != null && !platform.matches("[a-z0-9]+/[a-z0-9]+")) {
            throw arguments.usage("--platform \"" + platform + "\": expected OS/ARCH, as linux/arm64");
        }
        return platform == null ? Images.platform("") : platform;
    }

    private static void forget(List<String> names, Store store, Arguments arguments) {
        if (names.isEmpty()) {
            throw arguments.usage("expected an image");
        }
        for (String typed : names) {
            ImageName name = ImageWord.parse(typed);
            boolean known = false;
            for (NameRecord record : store.records().names()) {
                boolean chosen =
                        arguments.value(PLATFORM) == null || record.platform().equals(platform(arguments));
                if (chosen && record.name().equals(name.toString())) {
                    known |= store.forget(record.name(), record.platform());
                }
            }
            if (!known) {
                throw new JboxException(name + " is not in the store");
            }
        }
    }

    /** The words of this command, for a jbox that does it. */
    private static List<String> words(Arguments arguments) {
        List<String> words = new ArrayList<>(arguments.operands());
        if (arguments.has(ALL)) {
            words.add("--all");
        }
        if (arguments.has(Option.JSON)) {
            words.add("--json");
        }
        String platform = arguments.value(PLATFORM);
        if (platform != null) {
            words.addAll(List.of("--platform", platform));
        }
        return words;
    }

    private static int list(Images images, @Nullable Images kept, Arguments arguments, Surroundings surroundings) {
        List<StoreCare.TreeUse> trees = new ArrayList<>(images.care().trees());
        if (kept != null) {
            trees.addAll(kept.care().trees());
        }
        show(trees, arguments, surroundings);
        return 0;
    }

    private static void show(List<StoreCare.TreeUse> trees, Arguments arguments, Surroundings surroundings) {
        List<Object> json = new ArrayList<>();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("TREE", "SIZE", "IMAGE", "USED BY"));
        for (StoreCare.TreeUse tree : trees) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("tree", tree.hash());
            entry.put("bytes", tree.bytes());
            entry.put("images", tree.names());
            entry.put("users", tree.users());
            json.add(entry);
            rows.add(List.of(
                    tree.hash().substring(0, Math.min(SHOWN, tree.hash().length())),
                    Column.bytes(tree.bytes()),
                    tree.names().isEmpty() ? "-" : String.join(", ", tree.names()),
                    tree.users().isEmpty() ? "-" : String.join(", ", tree.users())));
        }
        if (arguments.has(Option.JSON)) {
            surroundings.out().println(Json.write(json));
        } else if (!trees.isEmpty()) {
            surroundings.out().print(Table.align(rows));
        }
    }

    private static void pull(List<String> names, Images images, Arguments arguments, Surroundings surroundings) {
        if (names.isEmpty()) {
            throw arguments.usage("expected an image");
        }
        String platform = platform(arguments);
        List<Object> json = new ArrayList<>();
        for (String name : names) {
            ImageRecord image = images.fetch(ImageWord.parse(name), platform);
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("image", name);
            entry.put("manifest", image.manifest());
            entry.put("tree", image.tree());
            entry.put("bytes", image.bytes());
            json.add(entry);
            if (!arguments.has(Option.JSON)) {
                surroundings.out().println(image.manifest());
            }
        }
        if (arguments.has(Option.JSON)) {
            surroundings.out().println(Json.write(json));
        }
    }

    private static int verify(List<String> wanted, StoreCare care, Arguments arguments, Surroundings surroundings) {
        List<Object> json = new ArrayList<>();
        List<Problem> problems = new ArrayList<>();
        for (String hash : hashes(wanted, care)) {
            String difference = care.verify(hash);
            if (difference != null && wanted.isEmpty() && !care.has(hash)) {
                // It has been collected meanwhile.
                continue;
            }
            if (difference != null) {
                problems.add(new Problem(
                        "tree " + hash + ": " + difference,
                        null,
                        "jbox store gc -a removes it where no box uses it; a pull makes it anew"));
            }
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("tree", hash);
            entry.put("difference", difference);
            json.add(entry);
        }
        if (arguments.has(Option.JSON)) {
            surroundings.out().println(Json.write(json));
        }
        if (!problems.isEmpty()) {
            throw new JboxException(problems, JboxException.FAILED);
        }
        return 0;
    }

    /** Trees by the beginning of their hashes; all of them if none is wanted. */
    private static List<String> hashes(List<String> wanted, StoreCare care) {
        List<String> hashes = new ArrayList<>();
        for (StoreCare.TreeUse tree : care.trees()) {
            if (wanted.isEmpty()) {
                hashes.add(tree.hash());
            }
        }
        for (String start : wanted) {
            List<String> found = new ArrayList<>();
            for (StoreCare.TreeUse tree : care.trees()) {
                if (tree.hash().startsWith(start)) {
                    found.add(tree.hash());
                }
            }
            if (found.size() != 1) {
                throw new JboxException(
                        "tree " + start + ": " + (found.isEmpty() ? "there is none" : "there are " + found.size()));
            }
            hashes.addAll(found);
        }
        return hashes;
    }
}
