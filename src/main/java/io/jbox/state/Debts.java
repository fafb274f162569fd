package io.jbox.state;

import io.jbox.kernel.Kernel;
import io.jbox.number.Pid;
import io.jbox.problem.JboxException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The host's programs that are to run because a box has ended, a line each: whether it is owed, has begun, or has ended.
 * Whoever goes on after a process that was killed begins those that are owed, and no other again.
 *
 * <pre>
 * start 4f6b1c            of which start of the box; the file of another one is ignored
 * x stop 0
 * &gt; stop 1 4063 86751     its process, and when that started
 * - post-stop 0
 * - script.down 0
 * </pre>
 *
 * <p>Interfaces, veths and cgroups are not in it: the kernel knows which of them are still there. Whoever uses this holds
 * the box's lock.
 */
public final class Debts {
    private static final String START = "start ";
    private static final String OWED = "- ";
    private static final String BEGUN = "> ";
    private static final String ENDED = "x ";
    private static final int PARTS_WITH_PROCESS = 4;

    /** Why a program is to run: at a stage of the box's end, or for one of its interfaces. */
    public enum Reason {
        STOP("stop"),
        POST_STOP("post-stop"),
        SCRIPT_DOWN("script.down");

        private final String label;

        Reason(String label) {
            this.label = label;
        }
    }

    /**
     * One of the programs.
     *
     * @param which its number among the hooks of the stage, or that of the interface, from 0 on
     */
    public record Debt(Reason reason, int which) {
        @Override
        public String toString() {
            return reason.label + " " + which;
        }
    }

    private final Kernel kernel;
    private final String file;
    private final String start;
    private final Map<String, String> lines = new LinkedHashMap<>();

    /**
     * Reads the list of a box's end, which has begun or begins now.
     *
     * @throws JboxException if the file is damaged
     */
    public Debts(Kernel kernel, StateFolder folder, BoxRecord record) {
        this.kernel = kernel;
        this.file = folder.debtsFile(record.spec().name());
        this.start = START + record.id();
        for (Debt debt : of(record.spec())) {
            lines.put(debt.toString(), OWED + debt);
        }
        read();
    }

    private static List<Debt> of(BoxSpec spec) {
        List<Debt> debts = new ArrayList<>();
        for (Reason reason : List.of(Reason.STOP, Reason.POST_STOP)) {
            for (int i = 0; i < spec.hooks().of(reason.label).size(); i++) {
                debts.add(new Debt(reason, i));
            }
        }
        for (int i = 0; i < spec.nics().size(); i++) {
            if (!spec.nics().get(i).scriptDown().isEmpty()) {
                debts.add(new Debt(Reason.SCRIPT_DOWN, i));
            }
        }
        return debts;
    }

    private void read() {
        String text;
        try {
            text = RecordFile.readText(file);
        } catch (DamagedRecordException e) {
            throw e.problem();
        }
        if (text == null || text.startsWith(START) && !text.startsWith(start + "\n")) {
            return;
        }
        String[] read = text.split("\n");
        for (int i = 1; i < read.length; i++) {
            String[] parts = read[i].split(" ");
            String debt = parts.length < 3 ? "" : parts[1] + " " + parts[2];
            boolean known = List.of(OWED, BEGUN, ENDED).contains(parts[0] + " ");
            if (known && lines.containsKey(debt)) {
                lines.put(debt, read[i]);
            } else {
                throw damaged();
            }
        }
        if (!text.startsWith(START)) {
            throw damaged();
        }
    }

    private JboxException damaged() {
        return new JboxException(
                "state file " + file + ": is damaged, so it cannot be told which hooks have run",
                "remove it to have all of them run");
    }

    /** Whether a program is still to begin. */
    public boolean isOwed(Debt debt) {
        return lineOf(debt).startsWith(OWED);
    }

    /** Whether it has begun, and nobody has seen its end. */
    public boolean hasBegun(Debt debt) {
        return lineOf(debt).startsWith(BEGUN);
    }

    /** The process of one that has begun; null where that has ended before it could be looked at. */
    public @Nullable ProcessId process(Debt debt) {
        String[] parts = lineOf(debt).split(" ");
        try {
            return parts.length < PARTS_WITH_PROCESS + 1
                    ? null
                    : new ProcessId(new Pid(Integer.parseInt(parts[3])), Long.parseLong(parts[4]));
        } catch (NumberFormatException e) {
            throw damaged();
        }
    }

    private String lineOf(Debt debt) {
        return lines.getOrDefault(debt.toString(), "");
    }

    /** Notes that it begins, and which process it is. */
    public void begins(Debt debt, @Nullable ProcessId process) {
        note(debt, BEGUN, process == null ? "" : " " + process.pid() + " " + process.start());
    }

    /** Notes that it has ended, however. */
    public void ended(Debt debt) {
        note(debt, ENDED, "");
    }

    private void note(Debt debt, String mark, String more) {
        lines.put(debt.toString(), mark + debt + more);
        byte[] bytes = (start + "\n" + String.join("\n", lines.values()) + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            ReplacedFile.write(kernel, file + ".new", file, bytes, false);
        } catch (JboxException e) {
            // A full disk keeps nothing from being done. The list only matters if this process is killed as well.
            return;
        }
    }
}
