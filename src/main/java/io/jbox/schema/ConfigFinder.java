package io.jbox.schema;

import io.jbox.config.BoxFolders;
import io.jbox.config.Nearest;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.problem.SystemError;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Finds the configuration file for a name given by the user. */
public final class ConfigFinder {
    private static final int STICKY = 01000;

    private final BoxFolders folders;
    private final List<String> searchPath;
    private final Set<Integer> trustedOwners;

    /**
     * @param searchPath folders searched for NAME.yaml after the others
     * @param trustedOwners user ids whose files in the working folder may be found by name
     */
    public ConfigFinder(BoxFolders folders, List<String> searchPath, Set<Integer> trustedOwners) {
        this.folders = folders;
        this.trustedOwners = Set.copyOf(trustedOwners);
        this.searchPath = List.copyOf(searchPath);
    }

    /**
     * @param name a path that ends in .yaml, or a box's name
     * @return the path of an existing file
     * @throws JboxException that lists where it looked
     */
    public String find(String name) {
        if (name.endsWith(".yaml")) {
            return name;
        }
        List<String> looked = places(name);
        for (String path : looked) {
            if (new File(path).exists()) {
                if (path.startsWith("./")) {
                    refuseForeign(path, ".");
                }
                return path.startsWith("./") ? path.substring(2) : path;
            }
        }
        if (looked.isEmpty() && new File(name, "config.yaml").isFile()) {
            return name + "/config.yaml";
        }
        String nearest = Nearest.find(name, names());
        String hint = looked.isEmpty()
                ? "a path must end in .yaml"
                : (nearest == null ? "" : "did you mean \"" + nearest + "\"? ") + "looked at "
                        + String.join(", ", looked);
        throw new JboxException(new Problem("no box \"" + name + "\" is defined", null, hint));
    }

    /**
     * Finds a file in a folder or the nearest one above it.
     *
     * @param folder absolute
     * @return its absolute path
     * @throws JboxException if there is none, or it belongs to another user
     */
    public String findAbove(String folder, String name) {
        for (File above = new File(folder); above != null; above = above.getParentFile()) {
            File file = new File(above, name);
            if (file.exists()) {
                refuseForeign(file.getPath(), above.getPath());
                refuseNested(file, above, name);
                return file.getPath();
            }
        }
        throw new JboxException("there is no " + name + " in " + folder + " or a folder above it");
    }

    /** Refuses a nested project: programs in the box of the outer project may have made it. */
    private static void refuseNested(File found, File folder, String name) {
        for (File above = folder.getParentFile(); above != null; above = above.getParentFile()) {
            if (new File(above, name).exists()) {
                throw new JboxException(
                        found + " lies in a project that has a " + name + " of its own, " + above,
                        "say which one: jbox dev " + folder + ", or jbox dev " + above);
            }
        }
    }

    /** The files that would have taken precedence over the one that was found for a name. */
    public List<String> earlier(String name, String found) {
        List<String> earlier = new ArrayList<>();
        for (String path : places(name)) {
            if (path.equals(found)) {
                return earlier;
            }
            earlier.add(path);
        }
        return earlier;
    }

    private List<String> places(String name) {
        List<String> places = new ArrayList<>();
        if (name.indexOf('/') < 0) {
            places.add(folders.config(name));
            places.add("./" + name + ".yaml");
            for (String folder : searchPath) {
                places.add(folder + "/" + name + ".yaml");
            }
        }
        return places;
    }

    /** All names that can be found. */
    public List<String> names() {
        List<String> names = new ArrayList<>();
        for (String name : list(folders.path())) {
            if (folders.defines(name)) {
                names.add(name);
            }
        }
        List<String> places = new ArrayList<>(List.of("."));
        places.addAll(searchPath);
        for (String place : places) {
            for (String file : list(place)) {
                if (file.endsWith(".yaml")) {
                    names.add(file.substring(0, file.length() - ".yaml".length()));
                }
            }
        }
        return names;
    }

    private static List<String> list(String folder) {
        String[] names = new File(folder).list();
        return names == null ? List.of() : List.of(names);
    }

    /**
     * Refuses files of other users. The working folder is the only searched one that may belong to anybody: a file
     * there that root (or the user who called sudo) does not own must not be started because somebody mistyped a name.
     * Nor must a file in a folder where others could replace it between this check and reading it.
     */
    private void refuseForeign(String path, String parent) {
        Map<String, Object> folder = attributes(parent);
        Map<String, Object> file = attributes(path);
        String reason = null;
        if (Boolean.TRUE.equals(file.get("isSymbolicLink"))) {
            reason = path + ": is a symbolic link";
        } else if (!isTrusted(file)) {
            reason = path + ": belongs to another user";
        } else if (isWritableByOthers(file)) {
            reason = path + ": anybody can write to it";
        } else if (!isTrusted(folder)) {
            // The folder's owner can replace files of others in it even if it is sticky.
            reason = path + ": its folder belongs to another user";
        } else if (isWritableByOthers(folder) && !isSticky(folder)) {
            reason = path + ": anybody can write to its folder";
        }
        if (reason != null) {
            throw new JboxException(reason, "to use it anyway, give its name with the ending: " + path);
        }
    }

    private static Map<String, Object> attributes(String path) {
        try {
            return Files.readAttributes(Path.of(path), "unix:uid,gid,mode,isSymbolicLink", LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            throw new JboxException(path + ": " + SystemError.of(e));
        }
    }

    private boolean isTrusted(Map<String, Object> attributes) {
        return attributes.get("uid") instanceof Integer uid && trustedOwners.contains(uid);
    }

    /** In a sticky folder users cannot replace each other's files (inode(7)). */
    private static boolean isSticky(Map<String, Object> attributes) {
        return attributes.get("mode") instanceof Integer mode && (mode & STICKY) != 0;
    }

    /** Whether others can write; a group with the id of its only user, as on Debian, does not count as others. */
    private static boolean isWritableByOthers(Map<String, Object> attributes) {
        boolean own = Objects.equals(attributes.get("gid"), attributes.get("uid"));
        return attributes.get("mode") instanceof Integer mode && (mode & (own ? 02 : 022)) != 0;
    }
}
