package io.jbox.state;

import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.number.HostUid;
import io.jbox.problem.JboxException;
import io.jbox.uapi.Constants;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The compiled programs of one jbox. Root executes them unchecked, so only root may be able to write to the folder, or
 * to replace a folder on the way to it.
 *
 * <pre>
 * /var/cache/jbox/            0700
 *   programs/PATH/OF/jbox/    the launcher that they belong to
 *     exec.NAME.ps            command, box, what the standard descriptors are
 *     tried.exec.NAME       the command was compiled for the box, or could not be, when this file was written
 * </pre>
 */
public final class ProgramFolder {
    private static final int OTHERS_WRITE = 022;
    private static final String TRIED = "tried.";
    private static final String WANTED = "wanted.";

    private final Kernel kernel;
    private final String cache;
    private final String path;

    /**
     * @param cache {@code /var/cache/jbox}
     * @param launcher absolute path of jbox, as it was called
     */
    public ProgramFolder(Kernel kernel, String cache, String launcher) {
        this.kernel = kernel;
        this.cache = cache;
        this.path = cache + "/programs" + launcher;
    }

    /** The file of a program. */
    public String file(String name) {
        return path + "/" + name;
    }

    /**
     * Replaces a program.
     *
     * @throws JboxException if another user could write to the folder, or it cannot be written
     */
    public void write(String name, byte[] program) {
        make();
        ReplacedFile.writeExecutable(kernel, file("." + name + ".new"), file(name), program);
    }

    /**
     * Removes all but the most recently executed programs with a common prefix, and the notes on them. It goes by
     * access times, which a file system may update a day late.
     */
    public void keepUsed(String prefix, int most) {
        String[] names = new File(path).list((folder, name) -> name.startsWith(prefix));
        keepUsed(names == null ? List.of() : List.of(names), most);
    }

    /** The same for programs of these names. */
    public void keepUsed(List<String> names, int most) {
        File[] files = new File[names.size()];
        Map<File, Long> used = new HashMap<>();
        for (int i = 0; i < files.length; i++) {
            File file = new File(file(names.get(i)));
            files[i] = file;
            try {
                used.put(
                        file,
                        Files.readAttributes(file.toPath(), BasicFileAttributes.class)
                                .lastAccessTime()
                                .toMillis());
            } catch (IOException e) {
                used.put(file, 0L);
            }
        }
        Arrays.sort(files, Comparator.comparing(used::get));
        for (int i = 0; i < files.length - most; i++) {
            remove(files[i].getName());
            remove(TRIED + files[i].getName());
        }
    }

    /** Whether there is a program, even if it is outdated. */
    public boolean has(String name) {
        return new File(file(name)).exists();
    }

    /** The names of the programs of a command for a box. */
    public List<String> of(String command, String box) {
        String prefix = command + "." + box + ".";
        String[] names = new File(path).list();
        List<String> programs = new ArrayList<>();
        for (String name : names == null ? new String[0] : names) {
            if (name.startsWith(prefix) && isKind(name.substring(prefix.length()))) {
                programs.add(name);
            }
        }
        return programs;
    }

    /**
     * Whether the rest of a name, behind command and box, consists of letters for the streams or another kind, perhaps
     * a slot, and perhaps options.
     */
    private static boolean isKind(String rest) {
        int end = 0;
        while (end < rest.length() && rest.charAt(end) >= 'a' && rest.charAt(end) <= 'z') {
            end++;
        }
        boolean letters = end > 0;
        while (end < rest.length() && rest.charAt(end) >= '0' && rest.charAt(end) <= '9') {
            end++;
        }
        return letters && (end == rest.length() || rest.startsWith(".-", end) || rest.startsWith(".N", end));
    }

    /** The names of noted attempts to compile a command with options for a box. */
    public List<String> triedWithOptions(String command, String box) {
        return withOptions(TRIED + command, box);
    }

    /** The names of programs of a command with options for a box. */
    public List<String> withOptions(String command, String box) {
        List<String> programs = of(command, box);
        programs.removeIf(name -> name.indexOf('.', command.length() + box.length() + 2) < 0);
        return programs;
    }

    /** Removes a program if there is one. */
    public void remove(String name) {
        File file = new File(file(name));
        if (!file.delete() && file.exists()) {
            throw new JboxException(file + ": cannot be removed");
        }
    }

    /** The file that notes that a program was wanted. */
    public String wanted(String command, String box, String what) {
        return file(WANTED + command + "." + box + "." + what);
    }

    /** Whether it was wanted. */
    public boolean isWanted(String command, String box, String what) {
        return new File(wanted(command, box, what)).exists();
    }

    /** Makes that file. */
    public void want(String command, String box, String what) {
        make();
        String name = WANTED + command + "." + box + "." + what;
        ReplacedFile.write(kernel, file("." + name + ".new"), file(name), new byte[0], false);
    }

    /** Takes that away. */
    public void forgetWanted(String command, String box, String what) {
        remove(WANTED + command + "." + box + "." + what);
    }

    /** Waits until no other process compiles: one that began earlier has older facts, and must not write later. */
    public FileLock lock() {
        make();
        return new FileLock(kernel, file(".lock"));
    }

    /** Notes that compiling a command for a box was tried now. */
    public void tried(String command, String box) {
        make();
        String name = TRIED + command + "." + box;
        ReplacedFile.write(kernel, file("." + name + ".new"), file(name), new byte[0], false);
    }

    /** Takes that away. */
    public void forgetTried(String command, String box) {
        remove(TRIED + command + "." + box);
    }

    /** How long ago that was noted, in milliseconds; very long if never. */
    public long sinceTried(String command, String box) {
        long noted = new File(file(TRIED + command + "." + box)).lastModified();
        return noted == 0 ? Long.MAX_VALUE : Math.abs(System.currentTimeMillis() - noted);
    }

    private void make() {
        Folders.make(new File(path));
        for (File folder = new File(path); folder.getPath().startsWith(cache); folder = folder.getParentFile()) {
            FileStatus status = FileStatus.ofLink(kernel, folder.getPath());
            boolean ours = status != null
                    && status.type() == Constants.S_IFDIR
                    && status.uid().equals(HostUid.ROOT)
                    && (status.permissions() & OTHERS_WRITE) == 0;
            if (!ours) {
                throw new JboxException(folder + ": others could write to it, or it is a link");
            }
        }
    }
}
