package io.jbox.schema;

import io.jbox.config.BoxFolders;
import io.jbox.config.Syntax;
import io.jbox.config.Value;
import io.jbox.number.Sha256;
import java.io.File;
import java.nio.file.Path;

/** The names that configurations give to their boxes. */
final class BoxNames {
    /** The maximum length of the project's part in a box's name. */
    private static final int MAX_NAME = 30;
    /** The number of hexadecimal digits from the hash of the project's path. */
    private static final int SHOWN = 12;

    private BoxNames() {}

    /** The configured name, or the default. */
    static String of(Section section, String path) {
        Value<String> written = section.find(Keys.NAME);
        return written == null ? byDefault(section, path) : written.get();
    }

    /** The default: the file's name, or for a dev environment the folder's name. */
    static String byDefault(Section section, String path) {
        return section.find(Keys.DEV) == null
                ? nameOf(path)
                : nameOfProject(String.valueOf(Path.of(ConfigPaths.real(path)).getParent()));
    }

    /** A name that is unique to this folder's dev environment. */
    private static String nameOfProject(String project) {
        String folder = project.substring(project.lastIndexOf('/') + 1);
        StringBuilder name = new StringBuilder("dev-");
        for (int i = 0; i < folder.length() && i < MAX_NAME; i++) {
            name.append(Syntax.isAlphanumeric(folder.charAt(i)) ? folder.charAt(i) : '-');
        }
        return name + "-" + Sha256.of(project).substring(0, SHOWN);
    }

    /** Whether a file is the definition of a box, with its rootfs beside it. */
    static boolean isDefinition(String path, BoxFolders folders) {
        File folder = new File(path).getAbsoluteFile().getParentFile();
        return new File(path).getName().equals("config.yaml")
                && folder != null
                && new File(folder, "config.yaml").getPath().equals(folders.config(folder.getName()));
    }

    /** The box name: {@code bbox} for {@code …/bbox.yaml} and {@code …/bbox/config.yaml}. */
    private static String nameOf(String path) {
        File file = new File(path).getAbsoluteFile();
        String name = file.getName();
        if (name.equals("config.yaml") && file.getParentFile() != null) {
            return file.getParentFile().getName();
        }
        return name.endsWith(".yaml") ? name.substring(0, name.length() - ".yaml".length()) : name;
    }
}
