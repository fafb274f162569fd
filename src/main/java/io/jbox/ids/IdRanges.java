package io.jbox.ids;

import io.jbox.config.CommandName;
import io.jbox.config.IdMapping;
import io.jbox.kernel.Kernel;
import io.jbox.problem.JboxException;
import io.jbox.state.FileLock;
import io.jbox.state.Folders;
import io.jbox.state.ReplacedFile;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Stores which box has which range of host ids; no two existing boxes share one. A box keeps its range until it is
 * destroyed; a command of {@code run} until it ends.
 *
 * <p>A file of lines {@code FIRST BOX}.
 */
public final class IdRanges implements BoxIds {
    private static final int MAX_SIZE = 4 << 20;

    private final Kernel kernel;
    private final File folder;
    private final IdPool pool;

    /** @param folder of the file: {@code /var/lib/jbox/.ids} */
    public IdRanges(Kernel kernel, String folder, IdPool pool) {
        this.kernel = kernel;
        this.folder = new File(folder);
        this.pool = pool;
    }

    @Override
    public List<IdMapping> look(String box) {
        Long free = choose(read(), box, other -> true);
        return List.of(IdMapping.range(free == null ? IdPool.DEFAULT_FIRST : free));
    }

    /** Ranges of boxes that no longer exist are reused only when nothing else is left. */
    @Override
    public List<IdMapping> claim(String box, Predicate<String> exists) {
        Folders.make(folder);
        try (FileLock lock = lock()) {
            TreeMap<Long, String> owners = read();
            Long first = choose(owners, box, exists);
            if (first == null) {
                throw pool.firsts().isEmpty()
                        ? new JboxException(
                                box + ": idmap: auto: this user namespace has no 65536 ids to give away",
                                "jbox runs in a container or box: give that one more ids (idmap), or use \"idmap: none\" in it")
                        : new JboxException(
                                box + ": idmap: auto: all ranges of 65536 ids are taken by boxes",
                                "give root more ids in /etc/subuid and /etc/subgid, or destroy a box");
            }
            if (!box.equals(owners.get(first))) {
                // A range assigned when the host's ranges were different is free again.
                owners.values().removeIf(box::equals);
                owners.put(first, box);
                write(owners);
            }
            return List.of(IdMapping.range(first));
        }
    }

    @Override
    public void release(String box, Predicate<String> taken) {
        if (!folder.isDirectory()) {
            return;
        }
        try (FileLock lock = lock()) {
            TreeMap<Long, String> owners = read();
            if (owners.values().removeIf(owner -> CommandName.isReleasedWith(box, owner, taken))) {
                write(owners);
            }
        }
    }

    /** The book in a folder. */
    public static String book(String folder) {
        return folder + "/book";
    }

    /** The lock file of the book, held while the book is changed. */
    public static String lock(String folder) {
        return folder + "/lock";
    }

    /** The line that assigns a range to an owner. */
    public static String line(long first, String owner) {
        return first + " " + owner;
    }

    private FileLock lock() {
        return new FileLock(kernel, lock(folder.getPath()));
    }

    private @Nullable Long choose(TreeMap<Long, String> owners, String box, Predicate<String> exists) {
        owners.values().removeIf(IdRanges::isDeadCommand);
        Long free = null;
        Long dormant = null;
        for (long first : pool.firsts()) {
            String owner = owners.get(first);
            if (box.equals(owner)) {
                return first;
            }
            if (overlapsOthers(owners, first)) {
                continue;
            }
            if (owner == null) {
                free = free == null ? Long.valueOf(first) : free;
            } else if (dormant == null && CommandName.pid(owner).isEmpty() && !exists.test(owner)) {
                dormant = first;
            }
        }
        return free == null ? dormant : free;
    }

    /** Whether a range at another offset, assigned with a different /etc/subuid, overlaps with it. */
    private static boolean overlapsOthers(TreeMap<Long, String> owners, long first) {
        Long below = owners.lowerKey(first);
        Long above = owners.higherKey(first);
        return below != null && below + IdPool.SIZE > first || above != null && first + IdPool.SIZE > above;
    }

    private static boolean isDeadCommand(String owner) {
        String pid = CommandName.pid(owner);
        return !pid.isEmpty() && !new File("/proc/" + pid).exists();
    }

    private TreeMap<Long, String> read() {
        TreeMap<Long, String> owners = new TreeMap<>();
        String text;
        try (FileInputStream in = new FileInputStream(book(folder.getPath()))) {
            text = new String(in.readNBytes(MAX_SIZE), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return owners;
        }
        int start = 0;
        for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
            int space = text.indexOf(' ', start);
            if (space > start && space < end) {
                try {
                    owners.put(Long.valueOf(text.substring(start, space)), text.substring(space + 1, end));
                } catch (NumberFormatException e) {
                    // Ignore a malformed line written by hand.
                    owners.remove(-1L);
                }
            }
            start = end + 1;
        }
        return owners;
    }

    /** Writes the file. The caller holds the lock. */
    private void write(Map<Long, String> owners) {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<Long, String> entry : owners.entrySet()) {
            text.append(line(entry.getKey(), entry.getValue())).append('\n');
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        String book = book(folder.getPath());
        ReplacedFile.write(kernel, book + ".new", book, bytes, false);
    }
}
