package io.jbox.life;

import io.jbox.cgroup.BoxCgroup;
import io.jbox.host.ProcessWatch;
import io.jbox.kernel.Kernel;
import io.jbox.problem.JboxException;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.state.DamagedRecordException;
import io.jbox.state.MemoryEvents;
import io.jbox.state.StateFolder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The changes of state of one box or all, as they happen. */
public final class BoxEvents implements AutoCloseable {
    private static final long LOOK_MILLIS = 1000;

    private final Kernel kernel;
    private final StateFolder folder;
    private final Settler settler;
    private final @Nullable String only;
    private final boolean looksForKills;
    private final StateWatch watch;
    private final Map<String, BoxState> last = new HashMap<>();
    private final Map<String, Long> kills = new HashMap<>();
    private final Deque<BoxEvent> queue = new ArrayDeque<>();

    /**
     * @param only the box; null for all
     * @param looksForKills whether to report processes killed for lack of memory in boxes that still run; this polls
     *     every second, since cgroups of version 1 send no notification
     */
    public BoxEvents(Kernel kernel, StateFolder folder, Settler settler, @Nullable String only, boolean looksForKills) {
        this.looksForKills = looksForKills;
        this.kernel = kernel;
        this.folder = folder;
        this.settler = settler;
        this.only = only;
        this.watch = new StateWatch(kernel);
        if (only != null) {
            // The folder must exist to be watched, even before the box's first start.
            folder.make(only);
        }
        for (String box : boxes()) {
            last.put(box, state(box));
        }
    }

    private List<String> boxes() {
        folder.makeRoot();
        watch.add(folder.root(), "");
        List<String> boxes = new ArrayList<>();
        for (String box : folder.names()) {
            if (only == null || only.equals(box)) {
                watch.add(folder.of(box), box);
                boxes.add(box);
            }
        }
        return boxes;
    }

    private BoxState state(String box) {
        try {
            return settler.look(box).state();
        } catch (JboxException e) {
            return BoxState.STOPPED; // damaged: whoever asks for the box is told
        }
    }

    /**
     * Waits for the next change.
     *
     * @param millis at most; negative for no limit
     * @return null if there was none in that time
     */
    public @Nullable BoxEvent next(long millis) {
        long end = System.nanoTime() + millis * 1_000_000;
        while (true) {
            collect();
            BoxEvent event = queue.pollFirst();
            if (event != null) {
                return event;
            }
            long left = millis < 0 ? Long.MAX_VALUE : Math.max(0, (end - System.nanoTime()) / 1_000_000);
            long step = looksForKills ? Math.min(left, LOOK_MILLIS) : left;
            if (left == 0 || !await(step) && step == left) {
                return null;
            }
        }
    }

    /** A state counts only if nothing changed while it was read: the records give the order. */
    private void collect() {
        List<StateWatch.Written> written = new ArrayList<>();
        Map<String, BoxState> states = new LinkedHashMap<>();
        watch.read(written::add);
        do {
            for (StateWatch.Written record : written) {
                // A compiled start that gives up removes its record, and jbox starts the box: this is one start.
                // Reading the state shows whether that one has failed.
                boolean undone = record.state() == BoxState.STOPPED && last.get(record.box()) == BoxState.STARTING;
                if (!undone) {
                    add(record.box(), record.state());
                }
            }
            written.clear();
            states.clear();
            for (String box : boxes()) {
                states.put(box, state(box));
            }
        } while (watch.read(written::add));
        for (Map.Entry<String, BoxState> entry : states.entrySet()) {
            add(entry.getKey(), entry.getValue());
        }
        if (looksForKills) {
            for (Map.Entry<String, BoxState> entry : states.entrySet()) {
                lookForKills(entry.getKey(), entry.getValue());
            }
        }
        for (String box : List.copyOf(last.keySet())) {
            if (!states.containsKey(box)) {
                add(box, BoxState.STOPPED);
                last.remove(box);
            }
        }
    }

    /** Reports a box that still runs although some of its processes were killed. */
    private void lookForKills(String box, BoxState state) {
        BoxRecord record = state == BoxState.RUNNING ? find(box) : null;
        if (record == null) {
            kills.remove(box);
            return;
        }
        long now = new BoxCgroup(record.spec().isolation().cgroups()).oomKills();
        Long before = kills.put(box, now);
        if (before != null && now > before) {
            queue.addLast(new BoxEvent(box, state, System.currentTimeMillis(), now - before, 0));
        }
    }

    private void add(String box, BoxState state) {
        BoxState before = last.getOrDefault(box, BoxState.STOPPED);
        if (before != state) {
            last.put(box, state);
            long kills = state == BoxState.STOPPED ? new MemoryEvents(folder, box).oomKills() : 0;
            queue.addLast(new BoxEvent(box, state, System.currentTimeMillis(), kills, reboots(box)));
        }
    }

    private int reboots(String box) {
        try {
            BoxRecord record = folder.read(box);
            return record == null ? 0 : record.reboots();
        } catch (DamagedRecordException e) {
            return 0; // whoever asks for the box is told
        }
    }

    /** Waits for records that change and processes that end. */
    private boolean await(long millis) {
        List<ProcessWatch> processes = new ArrayList<>();
        try {
            for (String box : boxes()) {
                BoxRecord record = last.get(box) == BoxState.STOPPED ? null : find(box);
                if (record == null) {
                    continue;
                }
                ProcessWatch process = ProcessWatch.find(kernel, record);
                if (process != null) {
                    processes.add(process);
                } else if (record.monitor() != null) {
                    // The process has ended since the state was read.
                    return true;
                }
            }
            return watch.await(processes, millis);
        } finally {
            processes.forEach(ProcessWatch::close);
        }
    }

    private @Nullable BoxRecord find(String box) {
        try {
            return folder.read(box);
        } catch (DamagedRecordException e) {
            return null;
        }
    }

    @Override
    public void close() {
        watch.close();
        if (only != null) {
            folder.forgetIfEmpty(only);
        }
    }
}
