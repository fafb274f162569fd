package io.jbox.launch;

import io.jbox.compile.CellContent;
import io.jbox.kernel.Fd;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The descriptors, values and undo actions that jbox's own part of a launch has collected so far. */
final class Holdings {
    private final Map<Descriptor, Fd> open = new HashMap<>();
    /** The numbers of the same descriptors, for use in programs. */
    private final Map<Descriptor, Integer> numbers = new HashMap<>();
    /** By the names of their cells: a record as a key costs 8 ms at its first use. */
    private final Map<String, CellContent> known = new HashMap<>();

    private final Deque<Runnable> made = new ArrayDeque<>();

    /** A copy of the open descriptors, which may be changed. */
    Map<Descriptor, Fd> copy() {
        return new HashMap<>(open);
    }

    /** A live view of the numbers of open descriptors, for programs. */
    Map<Descriptor, Integer> numbers() {
        return Collections.unmodifiableMap(numbers);
    }

    /** Returns null if it is not open. */
    @Nullable
    Fd find(Descriptor descriptor) {
        return open.get(descriptor);
    }

    /** Returns an open descriptor. */
    Fd get(Descriptor descriptor) {
        return get(open, descriptor);
    }

    /** The same for another map of open descriptors. */
    static Fd get(Map<Descriptor, Fd> open, Descriptor descriptor) {
        Fd file = open.get(descriptor);
        if (file == null) {
            throw new IllegalArgumentException(descriptor + " is not open");
        }
        return file;
    }

    /** Adds what was open before the launch. */
    void given(Map<Descriptor, Fd> files) {
        files.forEach(this::put);
    }

    private void put(Descriptor descriptor, Fd file) {
        open.put(descriptor, file);
        numbers.put(descriptor, file.number());
    }

    /** Removes a descriptor that is handed over or was closed by a step; returns null if it is not open. */
    @Nullable
    Fd take(Descriptor descriptor) {
        numbers.remove(descriptor);
        return open.remove(descriptor);
    }

    /** What the steps so far have written to memory, for those that come later. */
    Collection<CellContent> known() {
        return known.values();
    }

    /** What is in a cell; null if no step has used it. */
    @Nullable
    CellContent find(Arg.Cell cell) {
        return known.get(cell.name());
    }

    /** The number in a cell; 0 if no step has used it. */
    long number(Arg.Cell cell) {
        CellContent content = find(cell);
        return content == null ? 0 : content.number();
    }

    /**
     * What a step has read.
     *
     * @param into the cell that it has read into
     * @param count the cell with how many bytes those are
     * @return null if no step has read anything, not even the end of file
     */
    byte @Nullable [] bytes(Arg.Cell into, Arg.Cell count) {
        CellContent content = find(into);
        CellContent length = find(count);
        return content == null || length == null ? null : Arrays.copyOf(content.bytes(), (int) length.number());
    }

    /** Forgets what is in a cell. */
    void forget(Arg.Cell cell) {
        known.remove(cell.name());
    }

    /** Keeps what a cell holds. */
    void learnt(CellContent content) {
        known.put(content.cell().name(), content);
    }

    /** A call that may fail has not opened a descriptor: it has a number that none has. */
    void notOpened(Descriptor descriptor) {
        numbers.put(descriptor, -1);
    }

    /** Adds a descriptor. After a failure it is closed before earlier things are undone. */
    void opened(Descriptor descriptor, Fd file) {
        put(descriptor, file);
        made.push(() -> close(descriptor));
    }

    /** Records how to undo what was just made. */
    void made(Runnable undo) {
        made.push(undo);
    }

    /** Drops all undo actions. */
    void stays() {
        made.clear();
    }

    /** The number of undo actions. */
    int count() {
        return made.size();
    }

    /**
     * Runs the undo actions, the last first. What cannot be undone is left.
     *
     * @param remaining how many actions to leave for later
     * @param cause the failure; receives errors of undo actions
     */
    void undo(int remaining, Throwable cause) {
        while (made.size() > remaining) {
            try {
                made.pop().run();
            } catch (RuntimeException e) {
                cause.addSuppressed(e);
            }
        }
    }

    /** Closes a descriptor if it is open. */
    void close(Descriptor descriptor) {
        Fd file = take(descriptor);
        if (file != null) {
            file.close();
        }
    }

    /** Closes every descriptor. */
    void closeAll() {
        for (Descriptor descriptor : List.copyOf(open.keySet())) {
            close(descriptor);
        }
    }
}
