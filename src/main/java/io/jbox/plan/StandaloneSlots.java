package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.program.DataArg.mode;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.BookLine;
import io.jbox.facts.StandaloneFacts;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.io.File;
import java.util.ArrayList;
import java.util.List;

/**
 * The slots of a stand-alone program. Each has ids and cgroups of its own, for one command at a time. The program is
 * written for the first slot. A table contains the differences of each other slot, which the program copies over itself
 * once it has taken that slot.
 */
final class StandaloneSlots {
    /** The size of an entry: where it goes, where it comes from, and how many bytes it has. */
    static final int ENTRY = 3 * Long.BYTES;

    private static final Loop.Label SLOT_ENTRIES_LOOP = new Loop.Label("slot-entries");
    private static final Loop.Label BOOKS_LOOP = new Loop.Label("books");
    private static final Loop.Label SLOTS_LOOP = new Loop.Label("slots");
    private static final Descriptor BOOK = new Descriptor("book-lock");
    private static final Descriptor LOCK = new Descriptor("slot-lock");
    private static final Arg.Cell TABLE = new Arg.Cell("slot-table", 8);
    private static final Arg.Cell ENTRY_CELL = new Arg.Cell("slot-entry", ENTRY);
    private static final Arg.Cell TRIES = new Arg.Cell("book-tries", 8);
    private static final Arg.Cell HAS_BOOK = new Arg.Cell("has-book", 8);
    private static final int MOST_TRIES = 500;
    private static final long PAUSE_NANOS = 10_000_000;

    private final String box;
    private final StandaloneFacts facts;

    StandaloneSlots(String box, StandaloneFacts facts) {
        this.box = box;
        this.facts = facts;
    }

    /**
     * Takes a slot. A process that changes the book of a jbox on this host may reassign the ids of an unused slot. So
     * this locks the book, takes the slot, and then checks the slot's line.
     *
     * @param tables address of each slot's table
     */
    void take(List<Arg> tables, List<Step> steps) {
        steps.add(makeFolders());
        BookLine book = facts.book();
        if (book != null) {
            steps.add(lockBook(book));
        }
        steps.add(takeOne(tables));
        steps.add(Step.by(Actor.JBOX, "have what the slot has", Place.DEFAULT)
                .add(Loop.of(
                        SLOT_ENTRIES_LOOP,
                        Memory.copy(ENTRY_CELL, new Arg.ValueOf(TABLE), ENTRY),
                        Branch.when(
                                Memory.compare(ENTRY_CELL, 0, Long.BYTES), Sign.ZERO, Jump.leave(SLOT_ENTRIES_LOOP)),
                        new Memory(Memory.Kind.COPY, List.of(entry(0), entry(1), entry(2)), null),
                        Memory.add(TABLE, ENTRY),
                        Jump.again(SLOT_ENTRIES_LOOP)))
                .build());
        if (book != null) {
            List<Step> line = new ArrayList<>();
            ValiditySteps.line(book, line);
            List<Statement> look = new ArrayList<>(line);
            look.add(Call.may(CLOSE, fd(BOOK)));
            steps.add(Step.by(Actor.JBOX, "look whether the ids are the box's", Place.DEFAULT)
                    .add(new Branch(Memory.compare(HAS_BOOK, 1, Long.BYTES), Sign.ZERO, List.copyOf(look)))
                    .build());
        }
    }

    private static Arg entry(int word) {
        return new Arg.ValueOf(ENTRY_CELL, word * Long.BYTES, Long.BYTES);
    }

    /** Makes the folders that are missing if no jbox has run since the host booted. */
    private Step makeFolders() {
        Step.Draft step = Step.by(Actor.JBOX, "make the folder of the locks", Place.DEFAULT);
        String folder = new File(facts.locks().get(0)).getParent();
        String state = new File(folder).getParent();
        for (String path : List.of(String.valueOf(new File(state).getParent()), state, folder)) {
            step.tolerate(MKDIRAT, cwd(), text(path), mode(path.equals("/run") ? 0755 : 0700));
        }
        return step.build();
    }

    private Step lockBook(BookLine book) {
        return Step.by(Actor.JBOX, "lock jbox's records", Place.DEFAULT)
                .add(Branch.when(
                        Call.may(FACCESSAT, cwd(), text(book.file()), number(0)),
                        Sign.ZERO,
                        Memory.set(HAS_BOOK, number(1)),
                        Call.must(OPENAT, cwd(), text(book.lock()), flags(O_RDWR, O_NOFOLLOW, O_CLOEXEC))
                                .opens(BOOK),
                        Loop.of(
                                BOOKS_LOOP,
                                Branch.when(
                                        Call.may(FLOCK, fd(BOOK), flags(LOCK_SH, LOCK_NB)),
                                        Sign.NOT_NEGATIVE,
                                        Jump.leave(BOOKS_LOOP)),
                                Memory.add(TRIES, 1),
                                Branch.when(
                                        Memory.compare(TRIES, MOST_TRIES, Long.BYTES),
                                        Sign.ZERO,
                                        StandaloneWords.refuse("jbox: " + box + ": " + book.lock()
                                                + ": another process keeps it locked\n")),
                                Times.pause(PAUSE_NANOS),
                                Jump.again(BOOKS_LOOP))))
                .build();
    }

    private Step takeOne(List<Arg> tables) {
        List<Statement> body = new ArrayList<>();
        for (int slot = 0; slot < tables.size(); slot++) {
            body.add(Call.must(
                            OPENAT,
                            cwd(),
                            text(facts.locks().get(slot)),
                            flags(O_RDWR, O_CREAT, O_NOFOLLOW, O_CLOEXEC),
                            mode(0600))
                    .opens(LOCK));
            body.add(Branch.when(
                    Call.may(FLOCK, fd(LOCK), flags(LOCK_EX, LOCK_NB)),
                    Sign.NOT_NEGATIVE,
                    Memory.set(TABLE, tables.get(slot)),
                    Jump.leave(SLOTS_LOOP)));
            body.add(Call.may(CLOSE, fd(LOCK)));
        }
        body.addAll(List.of(StandaloneWords.refuse(
                "jbox: " + box + ": " + tables.size() + " commands of it run already, and there are no more ids\n")));
        return Step.by(Actor.JBOX, "take a slot", Place.DEFAULT)
                .add(new Loop(SLOTS_LOOP, List.copyOf(body)))
                .build();
    }

    /** Locks the owners of the box's trees, if there is a jbox on the host that might change them. */
    Step hold(Step step) {
        List<Statement> hold = new ArrayList<>();
        facts.trees().forEach((path, status) -> hold.add(ValiditySteps.sameFolder(path, status)));
        hold.addAll(LaunchChecks.holdTrees(facts.treeLocks()));
        return Step.by(Actor.JBOX, step.subject(), step.place())
                .add(new Branch(
                        Call.may(FACCESSAT, cwd(), text(facts.treeLocks().file()), number(0)),
                        Sign.ZERO,
                        List.copyOf(hold)))
                .build();
    }
}
