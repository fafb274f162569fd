package io.jbox.plan;

import static io.jbox.uapi.Flag.*;

import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Mount options in fstab syntax, sorted by where they apply (mount(8), mount_setattr(2)).
 *
 * @param set attributes of the mount to set
 * @param clear attributes of the mount to clear
 * @param propagation MS_*, or empty
 * @param propagatesRecursively whether the option was rprivate or similar
 * @param parameters options of the file system itself
 * @param readOnlySuperblock whether ro was given
 */
record MountOptions(
        List<Flag> set,
        List<Flag> clear,
        @Nullable Flag propagation,
        boolean propagatesRecursively,
        List<String> parameters,
        boolean readOnlySuperblock) {

    static MountOptions of(List<String> options) {
        List<Flag> set = new ArrayList<>();
        List<Flag> clear = new ArrayList<>();
        List<String> parameters = new ArrayList<>();
        Flag propagation = null;
        boolean recursively = false;
        for (String option : options) {
            switch (option) {
                case "ro" -> set.add(MOUNT_ATTR_RDONLY);
                case "rw" -> clear.add(MOUNT_ATTR_RDONLY);
                case "nosuid" -> set.add(MOUNT_ATTR_NOSUID);
                case "suid" -> clear.add(MOUNT_ATTR_NOSUID);
                case "nodev" -> set.add(MOUNT_ATTR_NODEV);
                case "dev" -> clear.add(MOUNT_ATTR_NODEV);
                case "noexec" -> set.add(MOUNT_ATTR_NOEXEC);
                case "exec" -> clear.add(MOUNT_ATTR_NOEXEC);
                case "nodiratime" -> set.add(MOUNT_ATTR_NODIRATIME);
                case "noatime", "relatime", "strictatime" -> {
                    clear.add(MOUNT_ATTR__ATIME);
                    set.add(Flag.valueOf("MOUNT_ATTR_" + option.toUpperCase(Locale.ROOT)));
                }
                case "private", "slave", "shared", "unbindable", "rprivate", "rslave", "rshared", "runbindable" -> {
                    recursively = option.startsWith("r");
                    String name = recursively ? option.substring(1) : option;
                    propagation = Flag.valueOf("MS_" + name.toUpperCase(Locale.ROOT));
                }
                case "bind",
                        "rbind",
                        "optional",
                        "create=dir",
                        "create=file",
                        "defaults",
                        "idmap=container",
                        "shift" -> {
                    continue;
                }
                default -> parameters.add(option);
            }
        }
        return new MountOptions(
                List.copyOf(set),
                List.copyOf(clear),
                propagation,
                recursively,
                List.copyOf(parameters),
                options.contains("ro"));
    }
}
