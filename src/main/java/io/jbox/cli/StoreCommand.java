package io.jbox.cli;

import io.jbox.config.BadValueException;
import io.jbox.config.ImageName;
import io.jbox.json.Json;
import io.jbox.life.Images;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.store.ImageRecord;
import io.jbox.store.StoreCare;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code jbox store}: the images and trees that boxes lie over. */
final class StoreCommand implements Command {
    private static final Option STORE = new Option('\0', "store", "DIR", "another store than the user's own");
    private static final Option PLATFORM =
            new Option('\0', "platform", "OS/ARCH", "pull: for another processor, as linux/arm64");
    private static final Option ALL = new Option('a', "all", null, "gc: also remove named images that no box uses");

    /** The verbs, for completion. */
    static final String VERBS = "ls pull verify gc";

    private static final int SHOWN = 12;

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "store",
                        "ls|pull|verify|gc ...",
                        "shows, fetches, checks and removes images that boxes lie over",
                        "  ls                 trees, what images they are, and the boxes that use them\n"
                                + "  pull IMAGE...      fetches images (anew), as rootfs.image names them\n"
                                + "  verify [TREE...]   compares trees, or all of them, with what they were when they were made\n"
                                + "  gc [-a]            removes trees that no box uses and no image is called by\n",
                        List.of(ALL, PLATFORM, STORE, Option.JSON),
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
        if (!operands.get(0).equals("ls") && !Images.isOwner()) {
            int code = images.delegate(words(arguments));
            return kept == null || operands.get(0).equals("pull")
                    ? code
                    : Math.max(code, kept.delegate(words(arguments)));
        }
        List<String> rest = operands.subList(1, operands.size());
        Object result;
        switch (operands.get(0)) {
            case "ls" -> {
                List<StoreCare.TreeUse> trees = new ArrayList<>(images.care().trees());
                if (kept != null) {
                    trees.addAll(kept.care().trees());
                }
                result = list(trees, arguments, surroundings);
            }
            case "pull" -> result = pull(rest, images, arguments, surroundings);
            case "verify" -> {
                return verify(rest, images.care(), arguments, surroundings);
            }
            case "gc" -> result = list(images.care().collect(arguments.has(ALL)), arguments, surroundings);
            default -> throw arguments.noneOf(operands.get(0), VERBS);
        }
        if (arguments.has(Option.JSON)) {
            surroundings.out().println(Json.write(result));
        }
        return 0;
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

    private static List<Object> list(List<StoreCare.TreeUse> trees, Arguments arguments, Surroundings surroundings) {
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
        if (!arguments.has(Option.JSON) && !trees.isEmpty()) {
            surroundings.out().print(Table.align(rows));
        }
        return json;
    }

    private static List<Object> pull(
            List<String> names, Images images, Arguments arguments, Surroundings surroundings) {
        if (names.isEmpty()) {
            throw arguments.usage("expected an image");
        }
        String platform = arguments.value(PLATFORM);
        if (platform != null && !platform.matches("[a-z0-9]+/[a-z0-9]+")) {
            throw arguments.usage("--platform \"" + platform + "\": expected OS/ARCH, as linux/arm64");
        }
        List<Object> json = new ArrayList<>();
        for (String name : names) {
            ImageRecord image = images.fetch(image(name), platform == null ? Images.platform("") : platform);
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
        return json;
    }

    /** A name as it was typed; paths are relative to the working folder. */
    static ImageName image(String typed) {
        try {
            ImageName name = ImageName.parse(typed);
            return name.isLocal()
                    ? name.at(Path.of(name.where()).toAbsolutePath().normalize().toString())
                    : name;
        } catch (BadValueException e) {
            throw new JboxException(new Problem("image \"" + typed + "\" " + e.getMessage(), null, e.hint()));
        }
    }

    private static int verify(List<String> wanted, StoreCare care, Arguments arguments, Surroundings surroundings) {
        List<Object> json = new ArrayList<>();
        List<Problem> problems = new ArrayList<>();
        for (String hash : hashes(wanted, care)) {
            String difference = care.verify(hash);
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
