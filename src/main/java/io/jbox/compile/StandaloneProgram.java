package io.jbox.compile;

import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Kernel;
import io.jbox.plan.Descriptors;
import io.jbox.plan.StandaloneRun;
import io.jbox.problem.JboxException;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Step;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Assembles a stand-alone program. The program is built once for each slot; the file is the first slot's program, with
 * tables of the differences for the other slots.
 */
public final class StandaloneProgram {
    private static final int ENOUGH = 8 << 20;
    /** Memory is given in pages; the file is as long as the memory. */
    private static final int PAGE = 4096;
    /** Differences within this distance are merged. */
    private static final int CLOSE = 16;

    private final Kernel kernel;
    private final List<StandaloneRun> slots;

    private StandaloneProgram(Kernel kernel, List<StandaloneRun> slots) {
        this.kernel = kernel;
        this.slots = slots;
    }

    /** @param slots the same run with the ids and cgroups of each slot */
    public static byte[] of(Kernel kernel, List<StandaloneRun> slots) {
        return new StandaloneProgram(kernel, slots).file();
    }

    /** Bytes that differ between slots. */
    private record Difference(int at, int length) {}

    private static final class Slot {
        private final StandaloneFile file;
        private final List<Long> tables = new ArrayList<>();

        private Slot(StandaloneFile file) {
            this.file = file;
        }
    }

    private byte[] file() {
        // Built twice: the first build determines how much memory is needed.
        List<Slot> large = build(ENOUGH, 0);
        List<Difference> differences = differences(large);
        int table = size(differences);
        int needs = large.get(0).file.draft().needs() + slots.size() * (table + Long.BYTES);
        List<Slot> built = build((needs + 2 * PAGE - 1) / PAGE * PAGE, table);
        List<Difference> now = differences(built);
        if (size(now) > table) {
            throw new IllegalStateException("the tables of the slots have become larger");
        }
        for (int slot = 1; slot < built.size(); slot++) {
            write(built, slot, now);
        }
        return built.get(0).file.bytes();
    }

    /** The size of a table of differences in bytes. */
    private static int size(List<Difference> differences) {
        int size = (differences.size() + 1) * StandaloneRun.TABLE_ENTRY;
        for (Difference difference : differences) {
            size += difference.length;
        }
        return size;
    }

    private List<Slot> build(int bytes, int table) {
        List<Slot> built = new ArrayList<>();
        for (StandaloneRun run : slots) {
            built.add(build(run, bytes, table));
        }
        return built;
    }

    private Slot build(StandaloneRun run, int bytes, int table) {
        StandaloneFile file = new StandaloneFile(
                kernel,
                run.box(),
                JboxException.FAILED,
                bytes,
                StandaloneRun.FIRST_DESCRIPTOR,
                StandaloneRun.BEHIND_DESCRIPTORS);
        Slot slot = new Slot(file);
        List<Arg> tables = new ArrayList<>();
        for (int i = 0; i < slots.size(); i++) {
            slot.tables.add(file.draft().program().space(Math.max(table, StandaloneRun.TABLE_ENTRY)));
            tables.add(new Arg.Address(slot.tables.get(i)));
        }
        List<Step> supervise = run.supervise();
        List<Step> command = List.of(run.command());
        file.add(run.begin(tables));
        Image init = new Image(
                        kernel, ElfImage.DATA_ADDRESS, file.open(), List.of(supervise, command), file.voiceOfChildren())
                .add(Actor.COMMAND, command)
                .add(Actor.PID_1, supervise);
        file.file(Descriptors.IMAGE, "jbox-init", init.parts(Actor.PID_1), StandaloneRun.MEMFD_FLAGS);
        file.child(Actor.INIT, run.init());
        file.add(run.make());
        file.add(run.made());
        file.addLater(run.attend());
        file.finish();
        return slot;
    }

    private static List<Difference> differences(List<Slot> built) {
        List<byte[]> memories = new ArrayList<>();
        ProgramDraft first = built.get(0).file.draft();
        for (Slot slot : built) {
            ProgramDraft other = slot.file.draft();
            if (other.needs() != first.needs()) {
                throw new JboxException("the numbers of its ids have different lengths", "write its ids: idmap");
            }
            memories.add(other.memory());
        }
        List<Difference> differences = new ArrayList<>();
        int from = -1;
        int to = -1;
        for (int at = 0; at < memories.get(0).length; at++) {
            if (!isDifferent(memories, at)) {
                continue;
            }
            if (from >= 0 && at - to > CLOSE) {
                differences.add(new Difference(from, to - from));
                from = -1;
            }
            from = from < 0 ? at : from;
            to = at + 1;
        }
        if (from >= 0) {
            differences.add(new Difference(from, to - from));
        }
        return differences;
    }

    private static boolean isDifferent(List<byte[]> memories, int at) {
        for (byte[] memory : memories) {
            if (memory[at] != memories.get(0)[at]) {
                return true;
            }
        }
        return false;
    }

    /** Writes the table of a slot, ended by zeros, and then the bytes themselves, into the first one's program. */
    private static void write(List<Slot> built, int slot, List<Difference> differences) {
        ByteBuffer memory = ByteBuffer.wrap(built.get(0).file.draft().memory()).order(ByteOrder.LITTLE_ENDIAN);
        byte[] other = built.get(slot).file.draft().memory();
        int entry = (int) (built.get(0).tables.get(slot) - ElfImage.DATA_ADDRESS);
        int data = entry + (differences.size() + 1) * StandaloneRun.TABLE_ENTRY;
        for (Difference difference : differences) {
            memory.putLong(entry, ElfImage.DATA_ADDRESS + difference.at);
            memory.putLong(entry + Long.BYTES, ElfImage.DATA_ADDRESS + data);
            memory.putLong(entry + 2 * Long.BYTES, difference.length);
            memory.put(data, other, difference.at, difference.length);
            entry += StandaloneRun.TABLE_ENTRY;
            data += difference.length;
        }
    }
}
