package io.jbox.config;

import java.io.File;

/**
 * The paths of defined boxes: {@code PATH/NAME/config.yaml} and {@code PATH/NAME/rootfs}.
 *
 * @param path absolute
 */
public record BoxFolders(String path) {
    /** The folder of boxes that root defines. */
    public static final String SYSTEM = "/var/lib/jbox";

    public String folder(String name) {
        return path + "/" + name;
    }

    /** The file that defines a box. */
    public String config(String name) {
        return folder(name) + "/config.yaml";
    }

    /** Whether a box is defined here. */
    public boolean defines(String name) {
        return new File(config(name)).exists();
    }

    /** The default root file system of a box. */
    public String rootfs(String name) {
        return folder(name) + "/rootfs";
    }
}
