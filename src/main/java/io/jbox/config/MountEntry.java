package io.jbox.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A mount in fstab(5) syntax, with its target in the box.
 *
 * @param source a host path, or a source that the file system accepts
 * @param target relative to the box's root, without leading slash and without {@code ..}
 * @param type file system type; {@code none} for binds
 * @param options as written, separated
 */
public record MountEntry(String source, String target, String type, List<String> options) {
    /** Options of jbox, as in LXC. */
    private static final List<String> OWN =
            List.of("create=dir", "create=file", "optional", "idmap=container", "idmap=UID:GID", "shift");

    /** All other options of bind mounts, which have no file system options (mount(8)). */
    private static final Set<String> OF_BINDS = Set.of(
            ("bind rbind ro rw suid nosuid dev nodev exec noexec atime noatime diratime nodiratime relatime norelatime"
                            + " strictatime nostrictatime lazytime nolazytime sync async dirsync mand nomand silent loud iversion"
                            + " noiversion symfollow nosymfollow auto noauto user nouser users group owner nofail _netdev"
                            + " private slave shared unbindable rprivate rslave rshared runbindable")
                    .split(" "));

    /** Whether it has an option. */
    public boolean has(String option) {
        return options.contains(option);
    }

    /** The ids that are the same on both sides of this mount; null where {@code idmap=UID:GID} is not among the options. */
    public @Nullable KeptIds keptIds() {
        for (String option : options) {
            if (option.startsWith("idmap=") && !option.equals("idmap=container")) {
                try {
                    return KeptIds.parse(option);
                } catch (BadValueException e) {
                    throw new IllegalStateException(option, e);
                }
            }
        }
        return null;
    }

    /** Whether it mounts a part of the host's tree rather than a file system. */
    public boolean isBind() {
        return has("bind") || has("rbind");
    }

    public static MountEntry parse(String line) throws BadValueException {
        String[] words = line.trim().split("[ \t]+");
        boolean wrong = words.length < 3 || words.length > 6;
        for (int i = 4; i < words.length && !wrong; i++) {
            wrong = words[i].length() != 1 || !Character.isDigit(words[i].charAt(0));
        }
        if (wrong) {
            throw new BadValueException(
                    "has " + words.length + (words.length == 1 ? " field" : " fields")
                            + ", and must be \"SOURCE TARGET TYPE [OPTIONS [0 [0]]]\"",
                    words.length > 4
                            ? "write a space in a path as \\040, and a comma without space between options"
                            : null);
        }
        List<String> options = new ArrayList<>();
        if (words.length > 3) {
            for (String option : words[3].split(",")) {
                // LXC's examples write these for no options.
                if (!option.isEmpty() && !option.equals("defaults") && !option.equals("none")) {
                    options.add(option);
                }
            }
        }
        MountEntry entry =
                new MountEntry(unescape(words[0]), target(unescape(words[1])), words[2], List.copyOf(options));
        if (!entry.isBind() && entry.type.equals("none")) {
            throw new BadValueException("has type none but neither bind nor rbind among its options");
        }
        for (String option : entry.options) {
            check(option, entry.isBind());
        }
        return entry;
    }

    private static void check(String option, boolean bind) throws BadValueException {
        if (option.startsWith("idmap=") && option.indexOf(':') > 0) {
            Syntax.require(bind, "has an option \"" + option + "\", which is for bind mounts");
            KeptIds.parse(option);
            return;
        }
        boolean own = option.startsWith("create=") || option.startsWith("idmap=");
        if (OWN.contains(option)
                || !own
                        && (!bind
                                || OF_BINDS.contains(option)
                                || option.startsWith("x-")
                                || option.startsWith("comment="))) {
            return;
        }
        List<String> known = new ArrayList<>(OWN);
        known.addAll(OF_BINDS);
        String nearest = Nearest.find(option, known);
        throw new BadValueException(
                "has an option \"" + option + "\", which "
                        + (bind ? "a bind mount does not have" : "jbox does not have"),
                nearest == null
                        ? "options of its own: " + String.join(", ", OWN)
                        : "did you mean \"" + nearest + "\"?");
    }

    private static String target(String text) throws BadValueException {
        List<String> parts = new ArrayList<>();
        for (String part : text.split("/")) {
            if (part.equals("..")) {
                throw new BadValueException("has \"..\" in its target");
            }
            if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        if (parts.isEmpty()) {
            throw new BadValueException("would be mounted over the box's root", "that is what rootfs.path is for");
        }
        return String.join("/", parts);
    }

    /** Decodes {@code \040} and similar escapes, as getmntent(3) does. */
    private static String unescape(String text) throws BadValueException {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && text.regionMatches(i + 1, "040", 0, 3)) {
                out.append(' ');
                i += 3;
            } else if (c == '\\' && text.regionMatches(i + 1, "011", 0, 3)) {
                out.append('\t');
                i += 3;
            } else if (c == '\\' && text.regionMatches(i + 1, "134", 0, 3)) {
                out.append('\\');
                i += 3;
            } else if (c == '\0') {
                throw new BadValueException("contains a NUL");
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    /** Returns the line, escaped for fstab. */
    @Override
    public String toString() {
        return escape(source) + " " + escape(target) + " " + type + " "
                + (options.isEmpty() ? "defaults" : String.join(",", options));
    }

    private static String escape(String text) {
        return text.replace("\\", "\\134").replace(" ", "\\040").replace("\t", "\\011");
    }
}
