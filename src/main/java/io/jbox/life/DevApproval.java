package io.jbox.life;

import io.jbox.config.BoxFolders;
import io.jbox.kernel.NativeKernel;
import io.jbox.number.Sha256;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.problem.SystemError;
import io.jbox.schema.DevSource;
import io.jbox.state.Folders;
import io.jbox.state.ReplacedFile;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Remembers what the files of a project's environment said when it was used last. A project lies in the box that its own
 * files describe: what runs there must not decide what the host does for the next box. The files are read-only in the box, but
 * a host's editor that replaces one by renaming another takes that away.
 *
 * <pre>
 * .projects/PROJECT/FILE   the hash of what a file said; both names are hashes of real paths
 * NAME/.project            the file that a box is of
 * </pre>
 */
final class DevApproval {
    private static final String OF = "/.project";

    private final File records;
    private final BoxFolders boxes;

    /** @param records the folder of what is remembered */
    DevApproval(String records, BoxFolders boxes) {
        this.records = new File(records);
        this.boxes = boxes;
    }

    /**
     * Takes note of files that are used for the first time, or are to be used although they have changed.
     *
     * @param allowed whether the user says that a change is the user's own
     * @throws JboxException if they have changed, the box is another one's, or the project lies in another one's box
     */
    void check(DevSource.Project project, boolean allowed) {
        StringBuilder all = new StringBuilder();
        project.texts()
                .forEach((path, hash) ->
                        all.append(hash).append(' ').append(path).append('\n'));
        String said = Sha256.of(all.toString());
        File record = new File(folder(project.folder()), Sha256.of(project.file()));
        String before = read(record);
        if (before == null && !allowed) {
            refuseWithinAnother(project);
        }
        if (before != null && !before.equals(said) && !allowed) {
            throw refusal(
                    project,
                    "what " + project.file() + " says, or a file that it includes, has changed since it was used last",
                    "a program in the box may have changed it: read it, then run jbox dev --allow");
        }
        File box = new File(boxes.folder(project.box()));
        File owner = new File(box, OF);
        String file = Sha256.of(project.file());
        String[] names = box.list();
        if (!file.equals(read(owner)) && names != null && names.length > 0) {
            throw refusal(
                    project,
                    "there is a box \"" + project.box() + "\" already, which is not this project's",
                    "give this one another name, or leave name out");
        }
        write(owner, file);
        write(record, said);
    }

    /** Takes away what says whose a box is, and its folder, where the box has nothing else. */
    static void forget(String folder) {
        String[] names = new File(folder).list();
        if (names == null || names.length != 1 || !names[0].equals(OF.substring(1))) {
            return;
        }
        try {
            Files.deleteIfExists(Path.of(folder + OF));
            Files.deleteIfExists(Path.of(folder));
        } catch (IOException e) {
            throw new JboxException(folder + ": " + SystemError.of(e));
        }
    }

    /** What runs in the outer project's box may have made the inner one. */
    private void refuseWithinAnother(DevSource.Project project) {
        for (Path above = Path.of(project.folder()).getParent(); above != null; above = above.getParent()) {
            if (folder(above.toString()).isDirectory()) {
                throw refusal(
                        project,
                        project.folder() + " lies in another project, " + above,
                        "a program in the outer project's box may have created this project: read its file, then run jbox dev --allow");
            }
        }
    }

    private static JboxException refusal(DevSource.Project project, String what, String hint) {
        return new JboxException(new Problem("dev: " + what, project.place(), hint));
    }

    private File folder(String project) {
        return new File(records, Sha256.of(project));
    }

    private static @Nullable String read(File file) {
        try {
            return Files.readString(file.toPath()).strip();
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw new JboxException(file + ": " + SystemError.of(e));
        }
    }

    private static void write(File file, String text) {
        if (text.equals(read(file))) {
            return;
        }
        Folders.make(file.getParentFile().getParentFile());
        Folders.make(file.getParentFile());
        byte[] bytes = (text + "\n").getBytes(StandardCharsets.UTF_8);
        ReplacedFile.write(NativeKernel.open(), file + ".new", file.getPath(), bytes, false);
    }
}
