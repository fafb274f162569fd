package io.jbox.launch;

import io.jbox.kernel.Fd;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What jbox's own part of a launch has opened, learnt and made so far. */
final class Holdings {
    private final Map<Descriptor, Fd> open = new HashMap<>();
    /** The numbers of the same descriptors, which programs have in them. */
    private final Map<Descriptor, Integer> numbers = new HashMap<>();
    /** By the names of their cells: a record as a key costs 8 ms at its first use. */
    private final Map<String, Known> known = new HashMap<>();

    private final Deque<Runnable> made = new ArrayDeque<>();

    /** What is open at this moment; may be changed. */
    Map<Descriptor, Fd> copy() {
        return new HashMap<>(open);
    }

    /** The numbers of what is open, for programs; it is always as it is now. */
    Map<Descriptor, Integer> numbers() {
        return Collections.unmodifiableMap(numbers);
    }

    /** Returns null if it is not open. */
    @Nullable
    Fd find(Descriptor descriptor) {
        return open.get(descriptor);
    }

    /** One that is open. */
    Fd get(Descriptor descriptor) {
        return get(open, descriptor);
    }

    /** The same of what is open somewhere else. */
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

    /** Hands one over, or forgets one that a step has closed; returns null if it is not open. */
    @Nullable
    Fd take(Descriptor descriptor) {
        numbers.remove(descriptor);
        return open.remove(descriptor);
    }

    /** A number that a step has written to memory, for those that come later. */
    record Known(Arg.Cell cell, long value) {}

    Collection<Known> known() {
        return known.values();
    }

    /** The number in a cell; 0 if no step has written to it. */
    long number(Arg.Cell cell) {
        Known number = known.get(cell.name());
        return number == null ? 0 : number.value;
    }

    /** Keeps the number in a cell of 8 bytes. */
    void learnt(Arg.Cell cell, long value) {
        known.put(cell.name(), new Known(cell, value));
    }

    /** Keeps a descriptor. A failure closes it before it undoes what was made earlier. */
    void opened(Descriptor descriptor, Fd file) {
        put(descriptor, file);
        made.push(() -> close(descriptor));
    }

    /** Keeps how to undo what has just been made. */
    void made(Runnable undo) {
        made.push(undo);
    }

    /** What has been made stays. */
    void stays() {
        made.clear();
    }

    /** How much there is to undo. */
    int count() {
        return made.size();
    }

    /**
     * Undoes what has been made, the last first. What cannot be undone is left.
     *
     * @param remaining how much of it is left to be undone later
     * @param cause of that; keeps what could not be undone
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
