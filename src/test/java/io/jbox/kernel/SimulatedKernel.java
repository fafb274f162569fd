package io.jbox.kernel;

import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Processor;
import io.jbox.uapi.Syscall;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A kernel in memory, as far as jbox's own part of a launch goes: it has descriptors, folders and processes, and one of its
 * calls fails as it is told, or is the last that jbox makes. Children are made, and do nothing. Files below one folder can be
 * real, for what Java reads itself.
 */
public final class SimulatedKernel implements Kernel {
    /** The id of the first child. */
    public static final int CHILD = 1000;

    private static final int SIZE = 256 * 1024;
    private static final long BASE = 0x1000_0000L;
    private static final int FIRST_DESCRIPTOR = 3;

    private final Map<Long, ByteBuffer> memories = new HashMap<>();
    private final Set<Integer> open = new TreeSet<>();
    private final Set<String> folders = new LinkedHashSet<>();
    private final Map<Integer, Integer> pidfds = new HashMap<>();
    private final Set<Integer> alive = new TreeSet<>();
    private final Set<Integer> ended = new TreeSet<>();
    private final Set<Integer> pipes = new TreeSet<>();
    private final List<String> made = new ArrayList<>();
    private final SimulatedNetlink netlink = new SimulatedNetlink();
    private long nextBase = BASE;
    private final Map<Integer, Path> files = new HashMap<>();
    private final Set<String> pins = new TreeSet<>();
    private final List<String> history = new ArrayList<>();
    private @Nullable Path folder;
    private int killAt = Integer.MAX_VALUE;
    private int failAt = -1;
    private int errno;
    private boolean told;
    private boolean saysSetUp;
    private boolean killed;

    @Override
    public Processor processor() {
        return Processor.X86_64;
    }

    /** Lets a call fail, by its number from 0 on. */
    public SimulatedKernel failing(int call, int withErrno) {
        failAt = call;
        errno = withErrno;
        return this;
    }

    /** Lets files below a folder be real ones. */
    public SimulatedKernel withFilesBelow(Path path) {
        folder = path;
        return this;
    }

    /** Gives the host an interface of hardware, which has an address and a route. */
    public SimulatedKernel withHardware(String name) {
        netlink.addHardware(name);
        return this;
    }

    /** Lets somebody kill jbox before a call, by its number from 0 on. */
    public SimulatedKernel killingJboxAt(int call) {
        killAt = call;
        return this;
    }

    /** jbox is dead, and another one comes: its descriptors are closed, and its first process has read end of file. */
    public void another() {
        killAt = Integer.MAX_VALUE;
        failAt = -1;
        made.clear();
        open.clear();
        netlink.closeAll();
        end(CHILD);
        ended.clear();
    }

    /** Where the interface of hardware is, and in what state: its network, its name, whether it is up, addresses, routes. */
    public String hardware() {
        return netlink.hardware();
    }

    /** Whether something keeps the box's network without a process. */
    public boolean isPinned() {
        return !pins.isEmpty();
    }

    /** jbox was killed. */
    public static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    /** Lets the first process say that it is set up before it executes its program. */
    public SimulatedKernel sayingThatItIsSetUp() {
        saysSetUp = true;
        return this;
    }

    /** Lets somebody kill the first child as soon as it is there. */
    public SimulatedKernel killingTheChild() {
        killed = true;
        return this;
    }

    /** What was made and taken away again, in order: folders, and the child; {@code +} and {@code -} say which. */
    public List<String> history() {
        return history;
    }

    /** The names of all calls, in order. */
    public List<String> made() {
        return made;
    }

    /** What is there: descriptors, folders that were made, processes that were not waited for. */
    public List<String> state() {
        List<String> state = new ArrayList<>();
        open.forEach(descriptor -> state.add("descriptor " + descriptor));
        folders.forEach(folder -> state.add("folder " + folder));
        alive.forEach(process -> state.add("process " + process));
        ended.forEach(process -> state.add("zombie " + process));
        netlink.made().forEach(link -> state.add("interface " + link));
        return state;
    }

    @Override
    public Arena arena() {
        return arena(SIZE);
    }

    @Override
    public Arena arena(int bytes) {
        ByteBuffer memory = ByteBuffer.allocate(Math.max(SIZE, bytes));
        long base = nextBase;
        nextBase += memory.capacity();
        memories.put(base, memory);
        Program program = new Program(processor(), memory, base);
        return new Arena() {
            @Override
            public Program program() {
                return program;
            }

            @Override
            public void close() {
                memories.remove(base);
            }
        };
    }

    private ByteBuffer memory(long address) {
        return Objects.requireNonNull(memories.get(base(address)));
    }

    private long base(long address) {
        for (Map.Entry<Long, ByteBuffer> entry : memories.entrySet()) {
            if (address >= entry.getKey()
                    && address < entry.getKey() + entry.getValue().capacity()) {
                return entry.getKey();
            }
        }
        throw new IllegalArgumentException("no memory at " + address);
    }

    private void putInt(long address, int value) {
        memory(address).putInt((int) (address - base(address)), value);
    }

    private long getLong(long address) {
        return memory(address).getLong((int) (address - base(address)));
    }

    private byte[] bytes(long address, int length) {
        byte[] bytes = new byte[length];
        memory(address).get((int) (address - base(address)), bytes);
        return bytes;
    }

    private String text(long address) {
        ByteBuffer memory = memory(address);
        StringBuilder out = new StringBuilder();
        for (int at = (int) (address - base(address)); memory.get(at) != 0; at++) {
            out.append((char) memory.get(at));
        }
        return out.toString();
    }

    @Override
    public void walk(long first) {
        long at = first;
        while (at != 0) {
            ByteBuffer memory = memory(at);
            int offset = (int) (at - base(at));
            long[] arguments = new long[6];
            for (int i = 0; i < arguments.length; i++) {
                arguments[i] = memory.getLong(offset + Op.ARGUMENT + Long.BYTES * i);
            }
            long number = memory.getLong(offset);
            if (number < 0) {
                at = follow(at, small(SmallOp.values()[(int) (-1 - number)], arguments));
                continue;
            }
            Syscall call = Objects.requireNonNull(Syscall.find(processor(), number));
            if (made.size() >= killAt) {
                throw new Killed();
            }
            boolean fails = made.size() == failAt;
            made.add(call.kernelName());
            // Closing works whatever it says.
            long result = fails && call != Syscall.CLOSE ? -errno : answer(call, arguments);
            at = follow(at, result);
        }
    }

    /** Keeps the result of an op; returns the address of the next one. */
    private long follow(long op, long result) {
        ByteBuffer memory = memory(op);
        int offset = (int) (op - base(op));
        memory.putLong(offset + Op.RESULT, result);
        long store = memory.getLong(offset + Op.STORE);
        if (store != 0) {
            putInt(store, (int) result);
        }
        return memory.getLong(offset + (result < 0 ? Op.NEGATIVE : result == 0 ? Op.ZERO : Op.POSITIVE));
    }

    private long small(SmallOp op, long[] arguments) {
        int length = (int) arguments[2];
        switch (op) {
            case COPY -> {
                if (length > 0) {
                    putBytes(arguments[0], bytes(arguments[1], length));
                }
                return 0;
            }
            case COMPARE -> {
                return Arrays.equals(bytes(arguments[0], length), bytes(arguments[1], length)) ? 0 : 1;
            }
            case ADD -> {
                long sum = getLong(arguments[0]) + arguments[1];
                memory(arguments[0]).putLong((int) (arguments[0] - base(arguments[0])), sum);
                return sum;
            }
            default -> throw new IllegalStateException(op + ": not in jbox's own part");
        }
    }

    private void putBytes(long address, byte[] bytes) {
        memory(address).put((int) (address - base(address)), bytes);
    }

    private int descriptor() {
        int number = FIRST_DESCRIPTOR;
        while (open.contains(number)) {
            number++;
        }
        open.add(number);
        return number;
    }

    /** A descriptor that somebody has opened before. */
    public int give() {
        return descriptor();
    }

    private long answer(Syscall call, long[] arguments) {
        int first = (int) arguments[0];
        switch (call) {
            case OPENAT -> {
                return open(text(arguments[1]), arguments[2]);
            }
            case OPENAT2, OPEN_TREE, FSOPEN, FSMOUNT, MEMFD_CREATE -> {
                return descriptor();
            }
            case SOCKET -> {
                int socket = descriptor();
                netlink.open(socket);
                return socket;
            }
            case SETNS -> {
                return netlink.enter(first) ? 0 : -Errno.EINVAL;
            }
            case MOUNT -> {
                if (arguments[1] != 0 && text(arguments[1]).endsWith("/ns/net")) {
                    pins.add(text(arguments[1]));
                }
                return 0;
            }
            case UMOUNT2 -> {
                if (!pins.remove(text(arguments[0]))) {
                    return -Errno.EINVAL;
                }
                if (alive.isEmpty()) {
                    netlink.networkDies();
                }
                return 0;
            }
            case RENAMEAT2 -> {
                return rename(text(arguments[1]), text(arguments[3]));
            }
            case IOCTL -> {
                if (arguments[1] == Constants.SIOCGIFINDEX) {
                    int index = netlink.index(first, text(arguments[2]));
                    putInt(arguments[2] + 16, index);
                    return index < 0 ? -Errno.ENODEV : 0;
                }
                return arguments[1] == Constants.TIOCGPTPEER ? descriptor() : 0;
            }
            case PIPE2 -> {
                int reads = descriptor();
                pipes.add(reads);
                putInt(arguments[0], reads);
                putInt(arguments[0] + Integer.BYTES, descriptor());
                return 0;
            }
            case CLOSE -> {
                pidfds.remove(first);
                pipes.remove(first);
                files.remove(first);
                netlink.close(first);
                return open.remove(first) ? 0 : -Errno.EBADF;
            }
            case MKDIRAT -> {
                return makeFolder(text(arguments[1]));
            }
            case UNLINKAT -> {
                String path = text(arguments[1]);
                if (!folders.remove(path)) {
                    return -Errno.ENOENT;
                }
                history.add("-" + path);
                return 0;
            }
            case PWRITE64, WRITE -> {
                return write(first, arguments);
            }
            case CLONE3 -> {
                int child = CHILD + alive.size() + ended.size();
                alive.add(child);
                history.add("+child");
                int pidfd = descriptor();
                pidfds.put(pidfd, child);
                putInt(getLong(arguments[0] + Long.BYTES), pidfd);
                putInt(getLong(arguments[0] + 3 * Long.BYTES), child);
                if (killed) {
                    end(child);
                }
                return child;
            }
            case PIDFD_OPEN -> {
                int pidfd = descriptor();
                pidfds.put(pidfd, first);
                return pidfd;
            }
            case PIDFD_SEND_SIGNAL -> {
                Integer process = pidfds.get(first);
                if (process == null) {
                    return -Errno.EBADF;
                }
                end(process);
                return 0;
            }
            case WAIT4 -> {
                if (alive.contains(first)) {
                    throw new IllegalStateException("waits for a process that nobody has ended");
                }
                if (!ended.remove(first)) {
                    return -Errno.ECHILD;
                }
                history.add("-child");
                return first;
            }
            case PPOLL -> {
                if (arguments[1] == 0) {
                    return 0; // a pause
                }
                int asked = memory(arguments[0]).getInt((int) (arguments[0] - base(arguments[0])));
                Integer process = pidfds.get(asked);
                boolean readable = process == null || !alive.contains(process);
                putInt(
                        arguments[0] + Integer.BYTES,
                        readable ? Constants.POLLIN << Short.SIZE | Constants.POLLIN : Constants.POLLIN);
                return readable ? 1 : 0;
            }
            case CONNECT -> {
                return open.contains(first) ? 0 : -Errno.EBADF;
            }
            case SENDTO -> {
                netlink.send(first, bytes(arguments[1], (int) arguments[2]));
                return arguments[2];
            }
            case RECVFROM -> {
                if ((arguments[3] & Constants.MSG_DONTWAIT) != 0 && !netlink.hasAnswer(first)) {
                    return -Errno.EAGAIN;
                }
                byte[] answer = netlink.receive(first);
                ByteBuffer memory = memory(arguments[1]);
                memory.put((int) (arguments[1] - base(arguments[1])), answer);
                return answer.length;
            }
            case READ -> {
                return read(arguments);
            }
            default -> {
                return 0;
            }
        }
    }

    private boolean isReal(String path) {
        return folder != null && path.startsWith(folder + "/");
    }

    private long open(String path, long flags) {
        boolean own = path.equals("/proc/self/ns/net") || path.equals("/proc/thread-self/ns/net");
        if (own || path.endsWith("/ns/net") && (path.startsWith("/proc/") || pins.contains(path))) {
            int number = descriptor();
            netlink.name(number, own);
            return number;
        }
        if (!isReal(path)) {
            return descriptor();
        }
        Path file = Path.of(path);
        try {
            if ((flags & Constants.O_CREAT) != 0 && !Files.exists(file)) {
                Files.createFile(file);
            } else if ((flags & Constants.O_TRUNC) != 0) {
                Files.write(file, new byte[0]);
            }
        } catch (IOException e) {
            return -Errno.ENOENT;
        }
        if (!Files.exists(file)) {
            return -Errno.ENOENT;
        }
        int number = descriptor();
        files.put(number, file);
        return number;
    }

    private long write(int descriptor, long[] arguments) {
        Path file = files.get(descriptor);
        if (file != null) {
            try {
                Files.write(file, bytes(arguments[1], (int) arguments[2]), StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return arguments[2];
    }

    private long rename(String from, String to) {
        if (isReal(from)) {
            try {
                Files.move(Path.of(from), Path.of(to), StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                return -Errno.ENOENT;
            }
        }
        return 0;
    }

    private long makeFolder(String path) {
        if (isReal(path)) {
            try {
                Files.createDirectory(Path.of(path));
                return 0;
            } catch (IOException e) {
                return -Errno.EEXIST;
            }
        }
        if (!folders.add(path)) {
            return -Errno.EEXIST;
        }
        history.add("+" + path);
        return 0;
    }

    /** The exec pipe has both ids at first, then one byte if the box says when it is set up, and then its end. */
    private long read(long[] arguments) {
        if (told && saysSetUp) {
            saysSetUp = false;
            return 1;
        }
        if (told || alive.isEmpty() || arguments[2] != 2 * Integer.BYTES) {
            return 0;
        }
        told = true;
        int init = CHILD + alive.size() + ended.size();
        alive.add(init);
        putInt(arguments[1], CHILD);
        putInt(arguments[1] + Integer.BYTES, init);
        return 2L * Integer.BYTES;
    }

    private void end(int process) {
        if (!alive.remove(process)) {
            return;
        }
        if (process == CHILD) {
            // With the monitor, the joiner, or jbox's only child, all go; the others are for it to wait for.
            alive.clear();
            if (pins.isEmpty()) {
                netlink.networkDies();
            }
            ended.add(process);
        } else {
            // Its parent waits for nothing else.
            end(CHILD);
        }
    }
}
