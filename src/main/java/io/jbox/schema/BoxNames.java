package io.jbox.schema;

import io.jbox.config.BoxFolders;
import io.jbox.config.Syntax;
import io.jbox.config.Value;
import io.jbox.number.Sha256;
import java.io.File;
import java.nio.file.Path;

/** What boxes are called by their configurations. */
final class BoxNames {
    /** Of the part of a box's name that is its project's. */
    private static final int MAX_NAME = 30;
    /** Hexadecimal digits of its path's hash. */
    private static final int SHOWN = 12;

    private BoxNames() {}

    /** The name that is written, or the default. */
    static String of(Section section, String path) {
        Value<String> written = section.find(Keys.NAME);
        return written == null ? byDefault(section, path) : written.get();
    }

    /** The file's name, or that of the folder whose environment it describes. */
    static String byDefault(Section section, String path) {
        return section.find(Keys.DEV) == null
                ? nameOf(path)
                : nameOfProject(String.valueOf(Path.of(ConfigPaths.real(path)).getParent()));
    }

    /** A name that only this folder's environment has. */
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
