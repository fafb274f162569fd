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
 * The list of host programs that are due because a box has ended. Each line says whether a program is still due, has
 * begun, or has ended. If jbox is killed, the next process starts those still due, and none a second time.
 *
 * <pre>
 * start 4f6b1c            the start of the box; the file of another start is ignored
 * x stop 0
 * &gt; stop 1 4063 86751     the process id and its start time
 * - post-stop 0
 * - script.down 0
 * </pre>
 *
 * <p>Interfaces, veths and cgroups are not in the list, since the kernel knows which of them still exist. The user of
 * this class holds the box's lock.
 */
public final class Debts {
    private static final String START = "start ";
    private static final String OWED = "- ";
    private static final String BEGUN = "> ";
    private static final String ENDED = "x ";
    private static final int PARTS_WITH_PROCESS = 4;

    /** Why a program is due: for a stage of the box's end, or for one of its interfaces. */
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
     * @param which its number among the stage's hooks, or the number of the interface, from 0 on
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
     * Reads the list, or begins one, for a box that has ended.
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

    /** Whether it has begun, but its end was not recorded. */
    public boolean hasBegun(Debt debt) {
        return lineOf(debt).startsWith(BEGUN);
    }

    /** The process of a program that has begun; null if it ended before its start time could be read. */
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

    /** Records that it has begun, with its process. */
    public void begins(Debt debt, @Nullable ProcessId process) {
        note(debt, BEGUN, process == null ? "" : " " + process.pid() + " " + process.start());
    }

    /** Records that it has ended, successfully or not. */
    public void ended(Debt debt) {
        note(debt, ENDED, "");
    }

    private void note(Debt debt, String mark, String more) {
        lines.put(debt.toString(), mark + debt + more);
        byte[] bytes = (start + "\n" + String.join("\n", lines.values()) + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            ReplacedFile.write(kernel, file + ".new", file, bytes, false);
        } catch (JboxException e) {
            // On a full disk the programs still run: the list only matters if this process is killed as well.
            return;
        }
    }
}
