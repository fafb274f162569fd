package io.jbox.state;

import io.jbox.kernel.Kernel;
import io.jbox.problem.JboxException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The host's programs that are to run because a box has ended, a line each, struck out once one has ended. Whoever goes on
 * after a process that was killed runs those that are left, and no other again.
 *
 * <pre>
 * start 4f6b1c            of which start of the box; a list of another one says nothing
 * x stop 0
 * - post-stop 0
 * - script.down 0
 * </pre>
 *
 * <p>Interfaces, veths and cgroups are not in it: what of them is still there is asked of the kernel. Whoever uses this
 * holds the box's lock.
 */
public final class Debts {
    private static final String START = "start ";
    private static final String OWED = "- ";
    private static final String PAID = "x ";

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

    private final Kernel kernel;
    private final String file;
    private final String start;
    private final List<String> all;
    private final Set<String> paid = new HashSet<>();

    /**
     * Reads the list of a box's end, which has begun or begins now.
     *
     * @throws JboxException if the file cannot be read
     */
    public Debts(Kernel kernel, StateFolder folder, BoxRecord record) {
        this.kernel = kernel;
        this.file = folder.debtsFile(record.spec().name());
        this.start = START + record.id();
        this.all = of(record.spec());
        readPaid();
    }

    private static List<String> of(BoxSpec spec) {
        List<String> debts = new ArrayList<>();
        for (Reason reason : List.of(Reason.STOP, Reason.POST_STOP)) {
            for (int i = 0; i < spec.hooks().of(reason.label).size(); i++) {
                debts.add(line(reason, i));
            }
        }
        for (int i = 0; i < spec.nics().size(); i++) {
            if (!spec.nics().get(i).scriptDown().isEmpty()) {
                debts.add(line(Reason.SCRIPT_DOWN, i));
            }
        }
        return debts;
    }

    private static String line(Reason reason, int which) {
        return reason.label + " " + which;
    }

    private void readPaid() {
        String text;
        try {
            text = RecordFile.readText(file);
        } catch (DamagedRecordException e) {
            throw e.problem();
        }
        if (text == null || !text.startsWith(start + "\n")) {
            return;
        }
        for (String line : text.split("\n")) {
            if (line.startsWith(PAID)) {
                paid.add(line.substring(PAID.length()));
            }
        }
    }

    /**
     * Runs a program if it is still owed, and strikes it out when it has ended, however it ended. One that was cut off
     * together with jbox is still owed.
     *
     * @param which its number among the hooks of the stage, or that of the interface, from 0 on
     */
    public void pay(Reason reason, int which, Runnable program) {
        String line = line(reason, which);
        if (all.contains(line) && !paid.contains(line)) {
            program.run();
            paid.add(line);
            write();
        }
    }

    private void write() {
        StringBuilder text = new StringBuilder(start).append('\n');
        for (String line : all) {
            text.append(paid.contains(line) ? PAID : OWED).append(line).append('\n');
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        try {
            ReplacedFile.write(kernel, file + ".new", file, bytes, false);
        } catch (JboxException e) {
            // A full disk keeps nothing from being done. The list only matters if this process is killed as well.
            return;
        }
    }
}
