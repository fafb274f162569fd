package io.jbox.config;

import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import java.io.File;
import java.util.ArrayList;
import java.util.List;

/** From what the user typed to the configuration file that is meant. */
public final class ConfigFinder {
    private final BoxFolders folders;
    private final List<String> searchPath;

    /** @param searchPath folders that NAME.yaml is looked for in, after the others */
    public ConfigFinder(BoxFolders folders, List<String> searchPath) {
        this.folders = folders;
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
                return path.startsWith("./") ? path.substring(2) : path;
            }
        }
        String hint = looked.isEmpty() ? "a path must end in .yaml" : "looked at " + String.join(", ", looked);
        throw new JboxException(new Problem("no box \"" + name + "\" is defined", null, hint));
    }
}
