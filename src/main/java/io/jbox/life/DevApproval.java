package io.jbox.life;

import io.jbox.config.BoxFolders;
import io.jbox.kernel.NativeKernel;
import io.jbox.number.Sha256;
import io.jbox.problem.ChangedException;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.problem.SystemError;
import io.jbox.schema.DevSource;
import io.jbox.state.FileLock;
import io.jbox.state.Folders;
import io.jbox.state.ReplacedFile;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the content of a project's dev files from their last use. The box described by these files contains the
 * project: programs in it must not decide what the host does for the next box. The files are read-only in the box, but
 * an editor on the host that replaces one by renaming removes this protection.
 *
 * <pre>
 * .projects/PROJECT/FILE   the hash of a file's content; both names are hashes of real paths
 * .projects/.lock          held while these files are compared and changed
 * NAME/.project            the file to which a box belongs
 * </pre>
 */
final class DevApproval {
    private static final String OF = ".project";

    private final File records;
    private final BoxFolders boxes;

    /** @param records the folder that holds the hashes */
    DevApproval(String records, BoxFolders boxes) {
        this.records = new File(records);
        this.boxes = boxes;
    }

    /**
     * Checks a project's files, and records them if they are used for the first time or the user allows a change.
     *
     * @param allowed whether the user approves the changes
     * @throws JboxException if they have changed, the box belongs to another project, or the project lies in the box of
     *     another one
     */
    void check(DevSource.Project project, boolean allowed) {
        // Several terminals may use the same project at once, and each reads before it writes.
        try (FileLock alone = lock()) {
            checkAlone(project, allowed);
        }
    }

    private void checkAlone(DevSource.Project project, boolean allowed) {
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
            throw new ChangedException(problem(
                    project,
                    "what " + project.file() + " says, or a file that it includes, has changed since it was used last",
                    "a program in the box may have changed it: read it, then run jbox dev --allow"));
        }
        File owner = owner(project.box());
        String file = Sha256.of(project.file());
        String of = read(owner);
        if (of == null ? hasOtherFiles(project.box()) : !of.equals(file)) {
            throw refusal(
                    project,
                    "there is a box \"" + project.box() + "\" already, which belongs to another project",
                    "give this one another name, or leave name out");
        }
        write(owner, file);
        write(record, said);
    }

    /** Removes the note to which project a box belongs, and the box's folder, if that contains nothing else. */
    void forget(String box) {
        if (!new File(boxes.folder(box)).isDirectory()) {
            return;
        }
        try (FileLock alone = lock()) {
            if (!hasOtherFiles(box)) {
                Files.deleteIfExists(Path.of(aside(owner(box))));
                Files.deleteIfExists(owner(box).toPath());
                Files.deleteIfExists(Path.of(boxes.folder(box)));
            }
        } catch (IOException e) {
            throw new JboxException(boxes.folder(box) + ": " + SystemError.of(e));
        }
    }

    private FileLock lock() {
        Folders.make(records);
        return new FileLock(NativeKernel.open(), records + "/.lock");
    }

    private File owner(String box) {
        return new File(note(boxes, box));
    }

    /** The file that says to which project a box belongs. */
    static String note(BoxFolders boxes, String box) {
        return boxes.folder(box) + "/" + OF;
    }

    /** Whether a box's folder contains more than this note, which may be incomplete if its writer was killed. */
    private boolean hasOtherFiles(String box) {
        String[] names = new File(boxes.folder(box)).list();
        return names != null && !Set.of(OF, aside(new File(OF))).containsAll(List.of(names));
    }

    /** Programs in the box of an outer project may have made the inner project. */
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
        return new JboxException(problem(project, what, hint));
    }

    private static Problem problem(DevSource.Project project, String what, String hint) {
        return new Problem("dev: " + what, project.place(), hint);
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
        ReplacedFile.write(NativeKernel.open(), aside(file), file.getPath(), bytes, false);
    }

    private static String aside(File file) {
        return file + ".new";
    }
}
