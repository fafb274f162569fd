package io.jbox.config;

import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.problem.SystemError;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** From what the user typed to the configuration file that is meant. */
public final class ConfigFinder {
    private final BoxFolders folders;
    private final List<String> searchPath;
    private final Set<Integer> trustedOwners;

    /**
     * @param searchPath folders that NAME.yaml is looked for in, after the others
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
        List<String> looked = new ArrayList<>();
        if (name.indexOf('/') < 0) {
            looked.add(folders.config(name));
            looked.add("./" + name + ".yaml");
            for (String folder : searchPath) {
                looked.add(folder + "/" + name + ".yaml");
            }
        }
        for (String path : looked) {
            if (new File(path).exists()) {
                if (path.startsWith("./")) {
                    refuseForeign(path);
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

    /** Every name that leads somewhere. */
    private List<String> names() {
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
     * The working folder is the only one of them that may be anybody's: what root (or the user that sudo is for) does
     * not own is not started because somebody typed a name that they meant otherwise.
     */
    private void refuseForeign(String path) {
        Object owner;
        Object mode;
        try {
            owner = Files.getAttribute(Path.of(path), "unix:uid");
            mode = Files.getAttribute(Path.of(path), "unix:mode");
        } catch (IOException e) {
            throw new JboxException(path + ": " + SystemError.of(e));
        }
        boolean trusted = owner instanceof Integer uid && trustedOwners.contains(uid);
        boolean writable = mode instanceof Integer bits && (bits & 02) != 0;
        if (!trusted || writable) {
            throw new JboxException(
                    path + (writable ? ": anybody can write to it" : ": belongs to another user"),
                    "to use it all the same, name it with its ending: " + path);
        }
    }
}
