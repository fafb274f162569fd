package io.jbox.kernel;

import com.kenai.jffi.MemoryIO;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Processor;
import io.jbox.uapi.Syscall;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * The running kernel for tests without privilege, call by call: files below one folder, locks, and processes that stand in
 * for a box's are real; what would change the host is only said to be done. One call fails as it is told. A signal to any
 * process but the stand-ins is an error of the code under test.
 */
public final class StandInKernel implements Kernel {
    /** Calls that the running kernel answers, whatever they are about. */
    private static final Set<Syscall> REAL = Set.of(
            Syscall.CLOSE,
            Syscall.FLOCK,
            Syscall.STATX,
            Syscall.FSYNC,
            Syscall.PREAD64,
            Syscall.FCNTL,
            Syscall.INOTIFY_INIT1,
            Syscall.INOTIFY_ADD_WATCH,
            Syscall.PPOLL,
            Syscall.WAIT4,
            Syscall.GETPID,
            Syscall.GETEUID,
            Syscall.READLINKAT,
            Syscall.GETDENTS64,
            Syscall.MEMFD_CREATE,
            Syscall.FTRUNCATE);

    private static final Set<Syscall> DESCRIPTORS = Set.of(
            Syscall.OPENAT,
            Syscall.OPENAT2,
            Syscall.OPEN_TREE,
            Syscall.FSOPEN,
            Syscall.FSMOUNT,
            Syscall.SOCKET,
            Syscall.MEMFD_CREATE,
            Syscall.INOTIFY_INIT1,
            Syscall.PIDFD_OPEN);

    private static final int STANDARD_ERROR = 2;
    private static final int BPF_PROG_LOAD = 5;
    private static final int IFNAMSIZ = 16;

    /** The processes that a launch finds instead of those that it would make. */
    public record Processes(int monitor, int init) {}

    private final Kernel real = NativeKernel.open();
    private final SimulatedNetlink netlink = new SimulatedNetlink();
    private final MemoryIO memory = MemoryIO.getInstance();
    private final String folder;
    private final List<String> made = new ArrayList<>();
    private final Set<Integer> open = new TreeSet<>();
    private final Set<Integer> ours = new HashSet<>();
    private final Map<Integer, Integer> pidfds = new HashMap<>();
    private final Set<Integer> pipes = new HashSet<>();
    /** Descriptors of files below the folder: of no others is anything changed. */
    private final Set<Integer> files = new HashSet<>();

    private final Set<String> folders = new TreeSet<>();
    private final Set<String> mounts = new TreeSet<>();
    private Supplier<Processes> launched = () -> {
        throw new IllegalStateException("makes a process");
    };
    private Processes processes = new Processes(0, 0);
    private boolean told;
    private int failAt = -1;
    private int errno;

    /** @param folder whose files are real */
    public StandInKernel(String folder) {
        this.folder = folder;
    }

    /** Lets a call fail, by its number from 0 on. */
    public StandInKernel failing(int call, int withErrno) {
        failAt = call;
        errno = withErrno;
        return this;
    }

    /** Lets processes be signalled. */
    public StandInKernel knowing(int... pids) {
        for (int pid : pids) {
            ours.add(pid);
        }
        return this;
    }

    /** Says which processes a launch is to find. */
    public StandInKernel launching(Supplier<Processes> makes) {
        launched = makes;
        return this;
    }

    /** Gives the host an interface of hardware, which has an address and a route. */
    public StandInKernel withHardware(String name) {
        netlink.addHardware(name);
        return this;
    }

    /** Where the interface of hardware is, and in what state: its network, its name, whether it is up, addresses, routes. */
    public String hardware() {
        return netlink.hardware();
    }

    /** The names of all calls, in order. */
    public synchronized List<String> made() {
        return List.copyOf(made);
    }

    /** What is open, and the folders elsewhere that were made. */
    public synchronized List<String> state() {
        List<String> state = new ArrayList<>();
        open.forEach(descriptor -> state.add("descriptor " + descriptor));
        folders.forEach(path -> state.add("folder " + path));
        return state;
    }

    @Override
    public Processor processor() {
        return real.processor();
    }

    @Override
    public Arena arena() {
        return real.arena();
    }

    @Override
    public Arena arena(int bytes) {
        return real.arena(bytes);
    }

    @Override
    public void walk(long first) {
        long at = first;
        while (at != 0) {
            long number = memory.getLong(at);
            if (number < 0) {
                at = small(at);
                continue;
            }
            Syscall call = Objects.requireNonNull(Syscall.find(processor(), number));
            long[] arguments = new long[6];
            for (int i = 0; i < arguments.length; i++) {
                arguments[i] = memory.getLong(at + Op.ARGUMENT + (long) Long.BYTES * i);
            }
            long result = begins(call) ? -errno : answer(call, arguments);
            memory.putLong(at + Op.RESULT, result);
            long store = memory.getLong(at + Op.STORE);
            if (store != 0) {
                memory.putInt(store, (int) result);
            }
            at = memory.getLong(at + (result < 0 ? Op.NEGATIVE : result == 0 ? Op.ZERO : Op.POSITIVE));
        }
    }

    /** Lets an operation on memory be done; returns the address of the next op. */
    private long small(long op) {
        long[] next = new long[3];
        for (int i = 0; i < next.length; i++) {
            next[i] = memory.getLong(op + Op.NEGATIVE + (long) Long.BYTES * i);
            memory.putLong(op + Op.NEGATIVE + (long) Long.BYTES * i, 0);
        }
        real.walk(op);
        for (int i = 0; i < next.length; i++) {
            memory.putLong(op + Op.NEGATIVE + (long) Long.BYTES * i, next[i]);
        }
        return next[1 + Long.signum(memory.getLong(op + Op.RESULT))];
    }

    /** Returns whether the call is the one that fails. Closing works whatever it says. */
    private synchronized boolean begins(Syscall call) {
        made.add(call.kernelName());
        return made.size() - 1 == failAt && call != Syscall.CLOSE;
    }

    private long answer(Syscall call, long[] arguments) {
        if (call == Syscall.CLOSE && arguments[0] >= 0 && arguments[0] <= STANDARD_ERROR) {
            throw new AssertionError("closes a standard stream");
        }
        long result = REAL.contains(call) ? real.call(call, arguments) : special(call, arguments);
        synchronized (this) {
            if (result >= 0 && (DESCRIPTORS.contains(call) || isCopy(call, arguments))) {
                open.add((int) result);
            }
            if (call == Syscall.CLOSE) {
                open.remove((int) arguments[0]);
                pipes.remove((int) arguments[0]);
                files.remove((int) arguments[0]);
                pidfds.remove((int) arguments[0]);
                netlink.close((int) arguments[0]);
            }
        }
        return result;
    }

    private static boolean isCopy(Syscall call, long[] arguments) {
        return call == Syscall.FCNTL && arguments[1] == Constants.F_DUPFD_CLOEXEC;
    }

    private synchronized long special(Syscall call, long[] arguments) {
        int first = (int) arguments[0];
        switch (call) {
            case OPENAT -> {
                return open(call, arguments, arguments[2]);
            }
            case OPENAT2 -> {
                return open(call, arguments, memory.getLong(arguments[2]));
            }
            case SOCKET -> {
                long socket = nothing();
                netlink.open((int) socket);
                return socket;
            }
            case SETNS -> {
                return netlink.enter(first) ? 0 : -Errno.EINVAL;
            }
            case CONNECT -> {
                return open.contains(first) ? 0 : -Errno.EBADF;
            }
            case SENDTO -> {
                byte[] request = new byte[(int) arguments[2]];
                memory.getByteArray(arguments[1], request, 0, request.length);
                netlink.send(first, request);
                return arguments[2];
            }
            case RECVFROM -> {
                if ((arguments[3] & Constants.MSG_DONTWAIT) != 0 && !netlink.hasAnswer(first)) {
                    return -Errno.EAGAIN;
                }
                byte[] answer = netlink.receive(first);
                memory.putByteArray(arguments[1], answer, 0, answer.length);
                return answer.length;
            }
            case OPEN_TREE, FSOPEN, FSMOUNT -> {
                return nothing();
            }
            case MKDIRAT -> {
                String path = text(arguments[1]);
                return isOurs(path) ? real.call(call, arguments) : folders.add(path) ? 0 : -Errno.EEXIST;
            }
            case UNLINKAT -> {
                String path = text(arguments[1]);
                return isOurs(path) ? real.call(call, arguments) : folders.remove(path) ? 0 : -Errno.ENOENT;
            }
            case RENAMEAT2 -> {
                boolean below = files.contains((int) arguments[0]) && files.contains((int) arguments[2]);
                return below || isOurs(text(arguments[3])) ? real.call(call, arguments) : -Errno.EPERM;
            }
            case MOUNT -> {
                mounts.add(arguments[1] == 0 ? "" : text(arguments[1]));
                return 0;
            }
            case UMOUNT2 -> {
                return mounts.remove(text(arguments[0])) ? 0 : -Errno.EINVAL;
            }
            case PIPE2 -> {
                long result = real.call(call, arguments);
                for (int i = 0; i < 2; i++) {
                    int end = memory.getInt(arguments[0] + (long) Integer.BYTES * i);
                    open.add(end);
                    if ((arguments[1] & Constants.O_NONBLOCK) == 0) {
                        pipes.add(end);
                    }
                }
                return result;
            }
            case WRITE, PWRITE64 -> {
                return pipes.contains(first) ? arguments[2] : real.call(call, arguments);
            }
            case READ -> {
                return pipes.contains(first) ? report(arguments) : real.call(call, arguments);
            }
            case CLONE3 -> {
                processes = launched.get();
                told = false;
                knowing(processes.monitor(), processes.init());
                int pidfd = watch(processes.monitor(), 0);
                open.add(pidfd);
                memory.putInt(memory.getLong(arguments[0] + Long.BYTES), pidfd);
                memory.putInt(memory.getLong(arguments[0] + 3L * Long.BYTES), processes.monitor());
                return processes.monitor();
            }
            case PIDFD_OPEN -> {
                return watch(first, arguments[1]);
            }
            case PIDFD_SEND_SIGNAL -> {
                Integer pid = pidfds.get(first);
                if (pid == null) {
                    return -Errno.EBADF;
                }
                if (!ours.contains(pid)) {
                    throw new AssertionError("signals process " + pid + ", which is nobody's business");
                }
                if (pid == processes.monitor() && arguments[1] == Constants.SIGKILL) {
                    // Its child dies with it (PR_SET_PDEATHSIG).
                    real.call(Syscall.KILL, processes.init(), Constants.SIGKILL);
                }
                return real.call(call, arguments);
            }
            case FCHMOD -> {
                return files.contains(first) ? real.call(call, arguments) : 0;
            }
            case PRLIMIT64 -> {
                // Those of this JVM are read, and never set.
                return arguments[2] == 0 ? real.call(call, arguments) : 0;
            }
            case BPF -> {
                return first == BPF_PROG_LOAD ? opened(nothing()) : 0;
            }
            case IOCTL -> {
                if (arguments[1] == Constants.SIOCGIFINDEX) {
                    int index = netlink.index(first, text(arguments[2]));
                    memory.putInt(arguments[2] + IFNAMSIZ, index);
                    return index < 0 ? -Errno.ENODEV : 0;
                }
                return arguments[1] == Constants.TIOCGPTPEER ? opened(nothing()) : 0;
            }
            default -> {
                return 0;
            }
        }
    }

    /** Whatever is only read is real, and so is what is below the folder. */
    private long open(Syscall call, long[] arguments, long flags) {
        String path = text(arguments[1]);
        if (path.endsWith("/ns/net") && (path.startsWith("/proc/") || mounts.contains(path))) {
            long network = nothing();
            netlink.name((int) network, path.startsWith("/proc/self/") || path.startsWith("/proc/thread-self/"));
            return network;
        }
        boolean reads = (flags & (Constants.O_WRONLY | Constants.O_RDWR | Constants.O_CREAT)) == 0;
        boolean said = folders.stream().anyMatch(made -> (path + "/").startsWith(made + "/"));
        if (isOurs(path)) {
            long file = real.call(call, arguments);
            files.add((int) file);
            return file;
        }
        return !said && reads ? real.call(call, arguments) : nothing();
    }

    private int watch(int pid, long flags) {
        int pidfd = (int) real.call(Syscall.PIDFD_OPEN, pid, flags);
        if (pidfd >= 0) {
            pidfds.put(pidfd, pid);
        }
        return pidfd;
    }

    /** The exec pipe has both ids at first, and then its end. */
    private long report(long[] arguments) {
        if (told || processes.monitor() == 0 || arguments[2] != 2 * Integer.BYTES) {
            return 0;
        }
        told = true;
        memory.putInt(arguments[1], processes.monitor());
        memory.putInt(arguments[1] + Integer.BYTES, processes.init());
        return 2L * Integer.BYTES;
    }

    private boolean isOurs(String path) {
        return path.startsWith(folder + File.separator);
    }

    private long opened(long descriptor) {
        open.add((int) descriptor);
        return descriptor;
    }

    /** A descriptor of nothing: of memory, so that whatever is done to it is done to nobody's file. */
    private long nothing() {
        try (Arena arena = real.arena()) {
            Program program = arena.program();
            Op op = program.op(Syscall.MEMFD_CREATE, program.text("nothing"), Constants.MFD_CLOEXEC)
                    .next(0);
            real.walk(op.address());
            return op.result();
        }
    }

    private String text(long address) {
        return new String(memory.getZeroTerminatedByteArray(address), StandardCharsets.UTF_8);
    }
}
