package io.jbox.launch;

import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What jbox's own part of a launch has opened, learnt and made so far. */
final class Holdings {
    private final Kernel kernel;
    private final Map<Descriptor, Integer> open = new HashMap<>();
    /** By the names of their cells: a record as a key costs 8 ms at its first use. */
    private final Map<String, Known> numbers = new HashMap<>();

    private final Deque<Runnable> made = new ArrayDeque<>();

    Holdings(Kernel kernel) {
        this.kernel = kernel;
    }

    /** The descriptors that are open; may be changed. */
    Map<Descriptor, Integer> open() {
        return open;
    }

    /** A number that a step has written to memory, for those that come later. */
    record Known(Arg.Cell cell, long value) {}

    Collection<Known> numbers() {
        return numbers.values();
    }

    /** The number in a cell; 0 if no step has written to it. */
    long number(Arg.Cell cell) {
        Known number = numbers.get(cell.name());
        return number == null ? 0 : number.value;
    }

    /** Keeps the number in a cell of 8 bytes. */
    void learnt(Arg.Cell cell, long value) {
        numbers.put(cell.name(), new Known(cell, value));
    }

    /** Keeps a descriptor. A failure closes it before it undoes what was made earlier. */
    void opened(Descriptor descriptor, int number) {
        open.put(descriptor, number);
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
        Integer number = open.remove(descriptor);
        if (number != null) {
            Fd.of(kernel, number).close();
        }
    }

    /** Closes every descriptor. */
    void closeAll() {
        for (Descriptor descriptor : List.copyOf(open.keySet())) {
            close(descriptor);
        }
    }
}
