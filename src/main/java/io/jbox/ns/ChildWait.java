package io.jbox.ns;

import io.jbox.kernel.Constants;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import java.util.Map;

/**
 * Forks, and lets the parent wait and end as its child did: with its exit code, or by the signal that killed it.
 *
 * <pre>
 *  wait: waitid(P_PID, child, WEXITED|…|WNOWAIT) → the exit code or signal, by itself
 *        wait4(child, &amp;status, WNOHANG)   0 ─► stopped: stop as well, continue both ─► wait
 *        status &amp; 0xff                    0 ─► exit_group(code)
 *        rt_sigaction(signal, SIG_DFL), unblock, kill(self, signal)
 * </pre>
 */
final class ChildWait {
    /** Where waitid(2) puts the exit code, or the number of the signal without the bit for a core. */
    private static final int SI_STATUS = 24;

    private static final int SIGINFO = 128;
    private static final int SIGACTION = 32;
    private static final int SIGNAL_SET = 8;

    private final ToolProgram tool;
    private final Program program;

    ChildWait(ToolProgram tool) {
        this.tool = tool;
        this.program = tool.program();
    }

    private static long bit(int signal) {
        return 1L << signal - 1;
    }

    /** Blocks SIGINT and SIGTERM, so that the parent does not end before its child does. */
    void blockInterrupts() {
        long signals = program.words(bit(Constants.SIGINT) | bit(Constants.SIGTERM) | bit(Constants.SIGCHLD));
        tool.may(Syscall.RT_SIGPROCMASK, Constants.SIG_BLOCK, signals, 0, SIGNAL_SET);
    }

    /** Forks. What is added next is the parent's, up to {@link #child}. */
    Op fork(Map<Integer, String> hints) {
        return tool.must("fork", hints, Syscall.CLONE, Constants.SIGCHLD, 0, 0, 0, 0);
    }

    /** What is added from now on is what the child does. */
    void child(Op fork) {
        fork.onZero(program.next());
        tool.otherProcess();
    }

    /**
     * Lets ops take the child's pid as an argument: only it is waited for, whatever other children the process has been
     * given by whoever was it before.
     *
     * @param takers by op, the number of the argument
     */
    private static void give(Op[] copies, Op[] takers, int[] arguments) {
        for (int i = 0; i < takers.length; i++) {
            copies[i + 1].argument(1, takers[i].argumentAddress(arguments[i]));
        }
    }

    /** What is given, to be done before the first that takes it. */
    private Op[] copies(Op fork, int count) {
        Op[] copies = new Op[count + 1];
        copies[0] = program.op(Syscall.PWRITE64, tool.scratch(), fork.resultAddress(), Long.BYTES, tool.area());
        for (int i = 1; i <= count; i++) {
            copies[i] = program.op(Syscall.PREAD64, tool.scratch(), 0, Long.BYTES, tool.area());
        }
        return copies;
    }

    /** Waits for the child's end, and stops whenever it stops, as nsenter does. */
    void awaitStopping(Op fork) {
        long info = program.space(SIGINFO);
        Op[] copies = copies(fork, 4);
        Op wait = program.op(
                Syscall.WAITID,
                Constants.P_PID,
                0,
                info,
                Constants.WEXITED | Constants.WSTOPPED | Constants.WNOWAIT,
                0);
        Op reap = program.op(Syscall.WAIT4, 0, 0, Constants.WNOHANG, 0);
        wait.next(reap.address());
        Op stopped = program.op(
                Syscall.WAITID, Constants.P_PID, 0, program.space(SIGINFO), Constants.WSTOPPED | Constants.WNOHANG, 0);
        Op self = program.op(Syscall.GETPID);
        Op stop = program.op(Syscall.KILL, 0, Constants.SIGSTOP);
        self.store(stop.argumentAddress(0));
        Op go = program.op(Syscall.KILL, 0, Constants.SIGCONT).next(wait.address());
        give(copies, new Op[] {wait, reap, stopped, go}, new int[] {1, 0, 1, 0});
        reap.onZero(stopped.address());
        end(info, reap);
    }

    /** Waits for the child's end. */
    void await(Op fork) {
        long info = program.space(SIGINFO);
        Op[] copies = copies(fork, 2);
        Op wait = program.op(Syscall.WAITID, Constants.P_PID, 0, info, Constants.WEXITED | Constants.WNOWAIT, 0);
        Op reap = program.op(Syscall.WAIT4, 0, 0, Constants.WNOHANG, 0).onZero(wait.address());
        give(copies, new Op[] {wait, reap}, new int[] {1, 0});
        end(info, reap);
    }

    /** The same, while SIGINT and SIGTERM, which must be blocked, are passed on. */
    void awaitForwarding(Op fork) {
        long info = program.space(SIGINFO);
        long pollfd = program.words((long) Constants.POLLIN << Integer.SIZE);
        long forwarded = program.words(bit(Constants.SIGINT) | bit(Constants.SIGTERM));
        long child = program.words(bit(Constants.SIGCHLD));
        long all = program.words(bit(Constants.SIGINT) | bit(Constants.SIGTERM) | bit(Constants.SIGCHLD));
        long now = program.words(0, 0);
        Op[] copies = copies(fork, 3);
        tool.must("signalfd", Syscall.SIGNALFD4, -1, all, SIGNAL_SET, Constants.SFD_CLOEXEC)
                .store(pollfd);
        Op poll = program.op(Syscall.PPOLL, pollfd, 1, 0, 0, SIGNAL_SET);
        Op take = program.op(Syscall.RT_SIGTIMEDWAIT, forwarded, 0, now, SIGNAL_SET);
        program.op(Syscall.RT_SIGTIMEDWAIT, child, 0, now, SIGNAL_SET);
        Op look = program.op(
                Syscall.WAITID, Constants.P_PID, 0, info, Constants.WEXITED | Constants.WNOWAIT | Constants.WNOHANG, 0);
        Op reap = program.op(Syscall.WAIT4, 0, 0, Constants.WNOHANG, 0).onZero(poll.address());
        Op send = program.op(Syscall.KILL, 0, 0).next(take.address());
        give(copies, new Op[] {look, reap, send}, new int[] {1, 0, 0});
        take.store(send.argumentAddress(1)).onPositive(send.address());
        end(info, reap);
    }

    /** @param reap wait4, which has found the child */
    private void end(long info, Op reap) {
        long status = program.words(0);
        reap.argument(1, status).onPositive(program.next());
        Op signaled = tool.ifByteNotZero(status);
        signaled.onZero(program.next());
        tool.exitWithByte(info + SI_STATUS);
        signaled.onPositive(program.next());
        Op lost = dieLike(info + SI_STATUS);
        reap.onNegative(lost.address());
    }

    /** Lets the signal that the child has died of kill this process, too; without a second core. */
    private Op dieLike(long signal) {
        int scratch = tool.scratch();
        program.op(Syscall.PRCTL, Constants.PR_SET_DUMPABLE, 0);
        // What is pending of the signals that were blocked must not come before the one that is meant.
        tool.ignore(Constants.SIGINT);
        tool.ignore(Constants.SIGTERM);
        program.op(Syscall.PWRITE64, scratch, signal, Integer.BYTES, tool.area());
        Op first = program.op(Syscall.PREAD64, scratch, 0, Integer.BYTES, tool.area());
        Op second = program.op(Syscall.PREAD64, scratch, 0, Integer.BYTES, tool.area());
        Op action = program.op(Syscall.RT_SIGACTION, 0, program.space(SIGACTION), 0, SIGNAL_SET);
        program.op(Syscall.RT_SIGPROCMASK, Constants.SIG_SETMASK, program.words(0), 0, SIGNAL_SET);
        Op self = program.op(Syscall.GETPID);
        Op kill = program.op(Syscall.KILL, 0, 0);
        self.store(kill.argumentAddress(0));
        first.argument(1, action.argumentAddress(0));
        second.argument(1, kill.argumentAddress(1));
        return tool.exit(ToolProgram.FAILED);
    }
}
