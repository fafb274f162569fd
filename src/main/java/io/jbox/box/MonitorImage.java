package io.jbox.box;

import io.jbox.kernel.Constants;
import io.jbox.kernel.Dumpability;
import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.netlink.MessageWriter;
import io.jbox.netlink.Rtnl;
import io.jbox.plan.Arg;
import io.jbox.plan.Call;
import io.jbox.plan.Descriptor;
import io.jbox.plan.Descriptors;
import io.jbox.plan.Step;
import io.jbox.problem.JboxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The monitor of a box: a program of a few dozen system calls in about 30 kB, whatever the size of the JVM that made it.
 *
 * <pre>
 *        map init's program, signalfd (TERM, CHLD), clone3 ──► init
 *        clone3 ──► the console's thread ({@link ConsoleProgram})
 *        both pids → exec pipe; wait for its hang-up; forget init's program
 *  poll: ppoll(signalfd)
 *  take: a SIGTERM?              ──yes──► pidfd_send_signal(init, halt) ─► take
 *        take a SIGCHLD, if any
 *  reap: wait4(-1, &amp;status)      0 ─► poll    else ─► ended
 * ended: status → exit file, close the console, join its thread, kill who is left in the cgroups and remove them
 *        anything owed, or not empty yet? ──yes──► execve "jbox reap"
 *        unlink the state, give up the lock
 *        delete the host's ends of veths that are still there after a while; exit
 * </pre>
 *
 * <p>There is no compare in the language of ops. That a status is not zero shows by writing so many bytes to /dev/null,
 * that it is 1 (a reboot, reboot(2)) by reading at that offset of the exit file, which is two bytes long.
 */
final class MonitorImage {
    /** Where the monitor maps the memory of init's program. */
    static final long INIT_ADDRESS = 0x1000_0000L;

    /** Bytes of memory.events. */
    private static final int COUNTERS = 512;

    private static final Set<Descriptor> HELD = Set.of(
            Descriptors.NULL_DEVICE,
            Descriptors.EXIT,
            Descriptors.LOG,
            Descriptors.MONITOR_LOCK,
            Descriptors.EXEC_READ,
            Descriptors.MASTER,
            Descriptors.CONSOLE,
            Descriptors.CONSOLE_LOCK,
            Descriptors.LOG_FOLDER,
            Descriptors.CONSOLE_LOG,
            Descriptors.CONSOLE_LOG_OLD,
            Descriptors.UPPER_LOCK,
            Descriptors.TREE_LOCKS,
            Descriptors.TIE_HELD);
    private static final int SIZE = 24 * 1024;
    /** For each descriptor: it is closed once. */
    private static final int CLOSE = 2 * Op.SIZE;

    private static final int STATUS = 2;
    /** What the kernel may take for a dead network (cleanup_net). */
    private static final long CLEANUP_SECONDS = 1;

    private static final int PIDS = 2 * Integer.BYTES;
    private static final long JOIN_SECONDS = 2;
    private static final long TERM = 1L << Constants.SIGTERM - 1;
    private static final long CHILD = 1L << Constants.SIGCHLD - 1;

    private final Program program;
    private final ByteBuffer memory;
    private final Map<Descriptor, Integer> open;
    private final MonitorTasks tasks;
    private final Step cloneStep;
    private final List<Descriptor> passed;
    private final List<Op> mustSucceed = new ArrayList<>();
    /** The ops that make init. */
    private final Map<Op, Call> making = new IdentityHashMap<>();

    private @Nullable Op join;
    private final long first;

    /**
     * @param steps the monitor's: the one that it becomes a program by, and the one that makes init
     * @param open the numbers of all descriptors, the same in the monitor
     * @param initFirst address of init's first op
     * @param initSize bytes of the memory of init's program
     */
    MonitorImage(
            Kernel kernel,
            List<Step> steps,
            Map<Descriptor, Integer> open,
            long initFirst,
            int initSize,
            MonitorTasks tasks) {
        this.memory = ByteBuffer.allocate(ProgramSize.of(steps, SIZE + CLOSE * open.size()))
                .order(ByteOrder.LITTLE_ENDIAN);
        this.program = new Program(kernel.processor(), memory, ElfImage.DATA_ADDRESS);
        this.open = new HashMap<>(open);
        this.tasks = tasks;
        this.cloneStep = steps.get(1);
        this.passed = kept(steps.get(0));
        Op report = program.op(Syscall.WRITE, number(Descriptors.EXEC), ElfImage.DATA_ADDRESS, 0);
        Op die = program.op(Syscall.EXIT_GROUP, 127);
        this.first = program.next();
        begin(kernel, initFirst, initSize, report);
        supervise(die);
        report.argument(2, program.opsLength());
    }

    /** The descriptors that are open when it has become a program of its own. */
    private static List<Descriptor> kept(Step become) {
        for (Call call : become.calls()) {
            if (call.arguments().get(0) instanceof Arg.AllBut kept) {
                return kept.descriptors();
            }
        }
        throw new IllegalArgumentException("a monitor that keeps everything");
    }

    /** The image as a descriptor to execute. */
    int create(Kernel kernel) {
        return ElfImage.create(kernel, "jbox-monitor", memory, program, first);
    }

    private int number(Descriptor descriptor) {
        return StepRunner.number(open, descriptor);
    }

    private boolean has(Descriptor descriptor) {
        return open.containsKey(descriptor);
    }

    private Op must(Op op, Op report) {
        mustSucceed.add(op);
        return op.onNegative(report.address());
    }

    /** Up to where init runs by itself. */
    private void begin(Kernel kernel, long initFirst, int initSize, Op report) {
        long pids = program.words(0);
        program.op(Syscall.CLOSE_RANGE, 3, 0xffff_ffffL, Constants.CLOSE_RANGE_CLOEXEC);
        program.op(Syscall.PRCTL, Constants.PR_SET_NAME, program.text("jbox-monitor"));
        // Who is of the same user may take the console's descriptor; EINVAL without Yama.
        program.op(Syscall.PRCTL, Constants.PR_SET_PTRACER, -1);
        program.op(Syscall.SETSID);
        program.op(Syscall.CHDIR, program.text("/"));
        program.op(Syscall.GETPID).store(pids);
        must(
                program.op(
                        Syscall.MMAP,
                        INIT_ADDRESS,
                        initSize,
                        Constants.PROT_READ | Constants.PROT_WRITE,
                        Constants.MAP_PRIVATE | Constants.MAP_FIXED_NOREPLACE,
                        number(Descriptors.INIT_PROGRAM),
                        0),
                report);
        // The first process, in the namespaces that the plan says.
        ArgumentWriter arguments = new ArgumentWriter(program, open, 0);
        for (Call call : cloneStep.calls()) {
            Op op = must(program.op(Syscall.of(call.name())), report);
            for (int i = 0; i < call.arguments().size(); i++) {
                arguments.write(op, i, call.arguments().get(i));
            }
            if (call.name().equals("clone3")) {
                op.onZero(initFirst);
            }
            making.put(op, call);
        }
        arguments.aim("child-pid", pids + Integer.BYTES);
        int pidfd = free(0);
        Op dup = must(program.op(Syscall.DUP3, 0, pidfd, Constants.O_CLOEXEC), report);
        arguments.aim("child-pidfd", dup.argumentAddress(0));
        if (has(Descriptors.MASTER)) {
            console(report);
        }
        if (!tasks.foreground()) {
            // Before jbox can know of us, let alone be done: it may end as soon as init runs.
            program.op(Syscall.PRCTL, Constants.PR_SET_PDEATHSIG, 0);
        }
        program.op(Syscall.WRITE, number(Descriptors.EXEC), pids, PIDS);
        for (Descriptor descriptor : passed) {
            if (has(descriptor) && !isHeld(descriptor)) {
                program.op(Syscall.CLOSE, number(descriptor));
            }
        }
        program.op(Syscall.PPOLL, program.words(number(Descriptors.EXEC_READ)), 1, 0, 0, 8);
        if (Dumpability.isOrdinary(kernel)) {
            // Init's change of user has cleared it, and jbox console is to find the terminal's descriptor here.
            program.op(Syscall.PRCTL, Constants.PR_SET_DUMPABLE, 1);
        }
        program.op(Syscall.MUNMAP, INIT_ADDRESS, initSize);
        program.op(Syscall.CLOSE, number(Descriptors.EXEC_READ));
    }

    /** A number above all that are open. */
    private int free(int index) {
        int highest = 2;
        for (int number : open.values()) {
            highest = Math.max(highest, number);
        }
        return highest + 1 + index;
    }

    /** Whether the monitor has a use for it; others it only had to pass on. */
    private static boolean isHeld(Descriptor descriptor) {
        return HELD.contains(descriptor)
                || descriptor.name().startsWith("tty") && !descriptor.name().endsWith("-mount");
    }

    private void console(Op report) {
        // The kernel clears it, and wakes, when the thread has ended.
        long threadCell = program.words(0);
        // Made here so that its address is known: walked only at the end.
        Op over = program.op(Syscall.GETPID);
        join = program.op(Syscall.FUTEX, threadCell, Constants.FUTEX_WAIT, 0, program.words(JOIN_SECONDS, 0));
        long loop = new ConsoleProgram(program, open, tasks).add();
        over.next(program.next());
        long flags = Constants.CLONE_VM
                | Constants.CLONE_FS
                | Constants.CLONE_FILES
                | Constants.CLONE_SIGHAND
                | Constants.CLONE_THREAD
                | Constants.CLONE_SYSVSEM
                | Constants.CLONE_PARENT_SETTID
                | Constants.CLONE_CHILD_SETTID
                | Constants.CLONE_CHILD_CLEARTID;
        long arguments = program.words(flags, 0, threadCell, join.argumentAddress(2), 0, 0, 0, 0, 0, 0, 0);
        must(program.op(Syscall.CLONE3, arguments, 11 * Long.BYTES), report).onZero(loop);
    }

    private void supervise(Op die) {
        long pollfd = program.words((long) Constants.POLLIN << 32);
        long now = program.words(0, 0);
        program.op(
                        Syscall.SIGNALFD4,
                        -1,
                        program.words(TERM | CHILD),
                        8,
                        Constants.SFD_CLOEXEC | Constants.SFD_NONBLOCK)
                .store(pollfd)
                .onNegative(die.address());
        Op poll = program.op(Syscall.PPOLL, pollfd, 1, 0, 0, 8);
        Op take = program.op(Syscall.RT_SIGTIMEDWAIT, program.words(TERM), 0, now, 8);
        Op takeChild = program.op(Syscall.RT_SIGTIMEDWAIT, program.words(CHILD), 0, now, 8);
        Op reap = program.op(Syscall.WAIT4, -1, 0, Constants.WNOHANG, 0).onZero(poll.address());
        takeChild.next(reap.address());
        Op record = program.op(Syscall.WRITE, number(Descriptors.EXIT), 0, STATUS);
        long ended = record.address();
        reap.onPositive(ended).onNegative(ended);
        end(die, reap, record);

        int pidfd = free(0);
        take.onPositive(program.next());
        for (int signal : tasks.halt()) {
            program.op(Syscall.PIDFD_SEND_SIGNAL, pidfd, signal, 0, 0);
        }
        program.op(Syscall.GETPID).next(take.address());
    }

    /** The box has ended: what is left to do. */
    private void end(Op die, Op reap, Op record) {
        for (Descriptor descriptor : open.keySet()) {
            if (descriptor.equals(Descriptors.CONSOLE) || isTty(descriptor)) {
                program.op(Syscall.CLOSE, number(descriptor));
            }
        }
        if (join != null) {
            program.op(Syscall.GETPID).next(join.address());
            join.next(program.next());
        }
        List<Op> removals = removeCgroups();
        Op notZero = program.op(Syscall.WRITE, number(Descriptors.NULL_DEVICE), ElfImage.DATA_ADDRESS, 0);
        long status = notZero.argumentAddress(2);
        reap.argument(1, status);
        record.argument(1, status);
        Op copy = program.op(Syscall.PREAD64, number(Descriptors.EXIT), 0, STATUS, 0);
        Op isOne = program.op(Syscall.PREAD64, number(Descriptors.EXIT), program.words(0), 1, 0);
        copy.argument(1, isOne.argumentAddress(3));
        Op finish = program.op(Syscall.FACCESSAT, Constants.AT_FDCWD, program.text(tasks.journal()), 0);
        Op unlink = program.op(Syscall.UNLINKAT, Constants.AT_FDCWD, program.text(tasks.stateFile()), 0);
        deletePairs();
        program.op(Syscall.EXIT_GROUP, 0);
        finish.onNegative(unlink.address());
        notZero.onZero(finish.address()).onNegative(finish.address());
        isOne.onZero(finish.address()).onNegative(finish.address());
        if (tasks.foreground()) {
            notZero.next(program.next());
            finish.onZero(program.next());
            program.op(Syscall.EXIT_GROUP, 0);
            return;
        }
        isOne.onPositive(program.next());
        if (tasks.rebootDelaySeconds() > 0) {
            long delay = program.words(tasks.rebootDelaySeconds(), 0);
            program.op(Syscall.RT_SIGTIMEDWAIT, program.words(TERM), 0, delay, 8);
        }
        finish.onZero(program.next());
        for (Op removal : removals) {
            removal.onNegative(program.next());
        }
        if (tasks.owing()) {
            notZero.next(program.next());
        }
        program.op(Syscall.RT_SIGPROCMASK, Constants.SIG_SETMASK, program.words(0), 0, 8);
        program.op(
                Syscall.EXECVE,
                program.text(tasks.reaper().get(0)),
                texts(tasks.reaper()),
                texts(tasks.reaperEnvironment()));
        program.op(Syscall.EXIT_GROUP, 127).next(die.address());
    }

    /**
     * With the last process of a network the kernel takes its interfaces away, those of many boxes together, and much
     * cheaper than one could ask it to. Only if somebody keeps the network they stay; nobody waits for that.
     */
    private void deletePairs() {
        if (tasks.pairs().isEmpty()) {
            return;
        }
        for (Descriptor lock : List.of(Descriptors.MONITOR_LOCK, Descriptors.TREE_LOCKS, Descriptors.UPPER_LOCK)) {
            if (has(lock)) {
                program.op(Syscall.CLOSE, number(lock));
            }
        }
        program.op(Syscall.PPOLL, 0, 0, program.words(CLEANUP_SECONDS, 0), 0, 8);
        byte[] messages = new byte[0];
        for (String pair : tasks.pairs()) {
            byte[] message = MessageWriter.link(Rtnl.RTM_DELLINK, 0, 0)
                    .attribute(Rtnl.IFLA_IFNAME, pair)
                    .toBytes();
            int before = messages.length;
            messages = Arrays.copyOf(messages, before + message.length);
            System.arraycopy(message, 0, messages, before, message.length);
        }
        Op socket = program.op(Syscall.SOCKET, Constants.AF_NETLINK, Constants.SOCK_RAW | Constants.SOCK_CLOEXEC, 0);
        Op send = program.op(Syscall.SENDTO, 0, program.bytes(messages), messages.length, 0, 0, 0);
        socket.store(send.argumentAddress(0)).onNegative(program.next());
    }

    /** What the kernel has counted goes with the cgroup: whether the box was out of memory is to be told afterwards. */
    private void keepCounters(String file) {
        long text = program.space(COUNTERS);
        Op open = program.op(
                Syscall.OPENAT, Constants.AT_FDCWD, program.text(file), Constants.O_RDONLY | Constants.O_CLOEXEC);
        Op read = program.op(Syscall.READ, 0, text, COUNTERS);
        open.store(read.argumentAddress(0));
        Op make = program.op(
                Syscall.OPENAT,
                Constants.AT_FDCWD,
                program.text(tasks.countersFile()),
                Constants.O_WRONLY
                        | Constants.O_CREAT
                        | Constants.O_TRUNC
                        | Constants.value("O_NOFOLLOW", program.processor())
                        | Constants.O_CLOEXEC,
                0600);
        Op write = program.op(Syscall.WRITE, 0, text, 0);
        make.store(write.argumentAddress(0));
        read.store(write.argumentAddress(2));
        open.onNegative(program.next());
        read.onNegative(program.next());
        make.onNegative(program.next());
    }

    /** Who joined the box without its PID namespace may still be in its cgroup. */
    private List<Op> removeCgroups() {
        List<Op> removals = new ArrayList<>();
        for (String cgroup : tasks.cgroups()) {
            keepCounters(cgroup + "/memory.events");
            keepCounters(cgroup + "/memory.oom_control");
            Op open = program.op(
                    Syscall.OPENAT,
                    Constants.AT_FDCWD,
                    program.text(cgroup + "/cgroup.kill"),
                    Constants.O_WRONLY | Constants.O_CLOEXEC);
            Op kill = program.op(Syscall.WRITE, 0, program.text("1"), 1);
            open.store(kill.argumentAddress(0)).onNegative(program.next());
            removals.add(
                    program.op(Syscall.UNLINKAT, Constants.AT_FDCWD, program.text(cgroup), Constants.AT_REMOVEDIR));
        }
        return removals;
    }

    private static boolean isTty(Descriptor descriptor) {
        String name = descriptor.name();
        return name.startsWith("tty") && name.indexOf('-') < 0;
    }

    private long texts(List<String> texts) {
        long[] words = new long[texts.size() + 1];
        for (int i = 0; i < texts.size(); i++) {
            words[i] = program.text(texts.get(i));
        }
        return program.words(words);
    }

    /** What went wrong, of the ops that the monitor has left in the exec pipe. */
    JboxException failure(String box, byte[] report) {
        memory.put(0, report, 0, Math.min(report.length, program.opsLength()));
        for (Op op : mustSucceed) {
            if (op.result() < 0) {
                Call call = making.get(op);
                if (call != null) {
                    return new JboxException(Assembler.problem(box, cloneStep, call, op.result()));
                }
                return new JboxException(
                        box + ": the monitor could not be set up: " + Errno.describe((int) -op.result()));
            }
        }
        // Whatever fails is reported; one that says nothing had no time to.
        return new JboxException(box + ": the monitor was killed before it had made the first process");
    }
}
