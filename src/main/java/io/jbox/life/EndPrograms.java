package io.jbox.life;

import io.jbox.host.BoxLog;
import io.jbox.host.HostHooks;
import io.jbox.host.ProcessWatch;
import io.jbox.kernel.Kernel;
import io.jbox.problem.JboxException;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxSpec;
import io.jbox.state.Debts;
import io.jbox.state.ProcessId;
import io.jbox.state.StateFolder;
import io.jbox.uapi.Constants;

/**
 * Runs the host programs that are due when a box has ended, each once and one after another. If jbox is killed
 * meanwhile, the current program continues without it: the next jbox waits for that one, and runs the rest.
 */
final class EndPrograms {
    private final Kernel kernel;
    private final Debts debts;
    private final HostHooks hooks;
    private final String log;
    private final long timeoutMillis;

    EndPrograms(Kernel kernel, StateFolder folder, BoxRecord record) {
        BoxSpec spec = record.spec();
        this.kernel = kernel;
        this.debts = new Debts(kernel, folder, record);
        this.log = folder.of(spec.name()) + "/log";
        this.hooks = new HostHooks(kernel, spec.name(), spec.hooks().timeout(), log);
        this.timeoutMillis = spec.hooks().timeout() * 1000;
    }

    /** Runs one program, through hooks that record its process. */
    interface Program {
        /** @throws JboxException if it fails, which goes to the log */
        void run(HostHooks hooks);
    }

    /** Runs a program if it has not yet begun. */
    void run(Debts.Debt debt, Program program) {
        if (debts.hasBegun(debt)) {
            await(debt);
        } else if (debts.isOwed(debt)) {
            try {
                program.run(hooks.telling(pid -> debts.begins(debt, ProcessId.find(pid))));
            } catch (JboxException e) {
                BoxLog.append(log, e);
            }
            debts.ended(debt);
        }
    }

    private void await(Debts.Debt debt) {
        try (ProcessWatch watch = ProcessWatch.find(kernel, debts.process(debt))) {
            if (watch != null && !watch.await(timeoutMillis)) {
                watch.signal(Constants.SIGKILL);
            }
        }
        BoxLog.append(log, new JboxException(debt + ": jbox was killed while it ran; it is not run again"));
        debts.ended(debt);
    }
}
