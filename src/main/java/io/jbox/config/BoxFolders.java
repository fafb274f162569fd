package io.jbox.config;

import java.io.File;

/**
 * Where defined boxes live: {@code PATH/NAME/config.yaml} and {@code PATH/NAME/rootfs}.
 *
 * @param path absolute
 */
public record BoxFolders(String path) {
    /** Root's boxes. */
    public static final String SYSTEM = "/var/lib/jbox";

    /** A box's own folder. */
    public String folder(String name) {
        return path + "/" + name;
    }

    /** A box's definition. */
    public String config(String name) {
        return folder(name) + "/config.yaml";
    }

    /** Whether a box is defined here. */
    public boolean defines(String name) {
        return new File(config(name)).exists();
    }

    /** Where its root file system is by default. */
    public String rootfs(String name) {
        return folder(name) + "/rootfs";
    }
}
