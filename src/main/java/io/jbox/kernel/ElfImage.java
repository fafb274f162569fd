package io.jbox.kernel;

import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Processor;
import io.jbox.uapi.Syscall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes executables from programs of system calls: a minimal ELF file with the stub and the program's memory, in a
 * sealed memfd.
 *
 * <p>A process that executes it gets a private copy: if that process is traced and rewritten in its box, the JVM is not
 * affected, and {@code /proc/PID/exe} leads to bytes that nobody can change (CVE-2019-5736).
 */
public final class ElfImage {
    /** The address of the program's memory in a process that executes the image. */
    public static final long DATA_ADDRESS = 0x410000;

    private static final long TEXT_ADDRESS = 0x400000;
    /** The largest page size of the supported processors: aarch64 may have 64 KiB. */
    private static final int PAGE = 0x10000;

    private static final int CHUNK = 128 * 1024;
    private static final int SEALS =
            Constants.F_SEAL_SEAL | Constants.F_SEAL_SHRINK | Constants.F_SEAL_GROW | Constants.F_SEAL_WRITE;

    private static final int EHDR = 64;
    private static final int PHDR = 56;
    private static final int SEGMENTS = 3;
    private static final int CODE = EHDR + SEGMENTS * PHDR;
    private static final int ET_EXEC = 2;
    private static final int EM_X86_64 = 62;
    private static final int EM_AARCH64 = 183;
    private static final int PT_LOAD = 1;
    private static final int PT_GNU_STACK = 0x6474e551;
    private static final int READ = 4;
    private static final int WRITE = 2;
    private static final int EXECUTE = 1;

    private ElfImage() {}

    /**
     * Makes the image.
     *
     * @param memory of the program
     * @param program based at {@link #DATA_ADDRESS}; the gap between its ops and its data is left out
     * @param first address of its first op
     * @return a close-on-exec descriptor to execute with {@code execveat(fd, "", …, AT_EMPTY_PATH)}
     * @throws io.jbox.problem.JboxException if the kernel refuses
     */
    public static int create(Kernel kernel, String name, ByteBuffer memory, Program program, long first) {
        return seal(kernel, name, parts(kernel.processor(), memory, program, Stub.entry(kernel.processor(), first)));
    }

    /**
     * What is in the image of a program that looks at its arguments; the rest of the file is zeros.
     *
     * @param memory of the program
     * @param program based at {@link #DATA_ADDRESS}
     * @param first address of its first op
     * @param stack address of eight bytes for the first stack pointer
     */
    public static List<Part> parts(ByteBuffer memory, Program program, long first, long stack) {
        return parts(program.processor(), memory, program, Stub.entry(program.processor(), first, stack));
    }

    /** The same as a file. */
    public static byte[] file(ByteBuffer memory, Program program, long first, long stack) {
        byte[] file = new byte[PAGE + memory.capacity()];
        for (Part part : parts(memory, program, first, stack)) {
            System.arraycopy(part.bytes, 0, file, (int) part.offset, part.bytes.length);
        }
        return file;
    }

    private static List<Part> parts(Processor processor, ByteBuffer memory, Program program, byte[] code) {
        List<Part> parts = new ArrayList<>();
        parts.add(new Part(0, text(processor, memory.capacity(), code)));
        parts.addAll(used(memory, program, PAGE));
        return parts;
    }

    /** What is in a file of a program's memory alone. */
    public static List<Part> memoryParts(ByteBuffer memory, Program program) {
        return used(memory, program, 0);
    }

    /**
     * Makes a file of a program's memory alone, for a process that already runs a stub to map privately.
     *
     * @param memory with the program; the gap between its ops and its data is left out
     * @return a close-on-exec descriptor
     * @throws io.jbox.problem.JboxException if the kernel refuses
     */
    public static int createMemory(Kernel kernel, String name, ByteBuffer memory, Program program) {
        return seal(kernel, name, memoryParts(memory, program));
    }

    private static List<Part> used(ByteBuffer memory, Program program, long offset) {
        byte[] ops = new byte[program.opsLength()];
        memory.get(0, ops);
        byte[] data = new byte[program.dataLength()];
        int start = memory.capacity() - data.length;
        memory.get(start, data);
        return List.of(new Part(offset, ops), new Part(offset + start, data));
    }

    /** Bytes of a file at an offset. */
    public record Part(long offset, byte[] bytes) {}

    private static int seal(Kernel kernel, String name, List<Part> parts) {
        try (Fd memory = memory(kernel, name)) {
            try {
                for (Part part : parts) {
                    write(memory, part.bytes, part.offset);
                }
            } catch (KernelException e) {
                throw e.about("pwrite64");
            }
            try {
                memory.call(Syscall.FCNTL, Constants.F_ADD_SEALS, SEALS);
            } catch (KernelException e) {
                throw e.about("fcntl");
            }
            return memory.release().number();
        }
    }

    /** Whether memfds are executable only if that is asked for (MFD_EXEC, Linux 6.3). */
    public static boolean hasExecutableFlag(Kernel kernel) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long flags = Constants.MFD_CLOEXEC | Constants.MFD_EXEC;
            Op make = program.op(Syscall.MEMFD_CREATE, program.text("jbox"), flags);
            Fd.of(kernel, (int) Calls.make(kernel, make)).close();
            return true;
        } catch (KernelException e) {
            return !e.is(Errno.EINVAL);
        }
    }

    private static Fd memory(Kernel kernel, String name) {
        long flags = Constants.MFD_CLOEXEC | Constants.MFD_ALLOW_SEALING;
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Op make = program.op(Syscall.MEMFD_CREATE, program.text(name), flags | Constants.MFD_EXEC);
            try {
                return Fd.of(kernel, (int) Calls.make(kernel, make));
            } catch (KernelException e) {
                if (!e.is(Errno.EINVAL)) {
                    throw e;
                }
                // Before Linux 6.3 every memfd was executable, and this flag did not exist.
                return Fd.of(kernel, (int) Calls.make(kernel, make.argument(1, flags)));
            }
        } catch (KernelException e) {
            throw e.about("memfd_create");
        }
    }

    private static void write(Fd memory, byte[] bytes, long offset) throws KernelException {
        int done = 0;
        while (done < bytes.length) {
            try (Arena arena = memory.kernel().arena()) {
                Program program = arena.program();
                byte[] chunk = Arrays.copyOfRange(bytes, done, Math.min(bytes.length, done + CHUNK));
                Op op = program.op(
                        Syscall.PWRITE64, memory.number(), program.bytes(chunk), chunk.length, offset + done);
                done += (int) Calls.make(memory.kernel(), op);
            }
        }
    }

    /** The first page of a file whose program starts with an op. */
    static byte[] text(Processor processor, int dataSize, long first) {
        return text(processor, dataSize, Stub.entry(processor, first));
    }

    /** ELF header, program headers, stub: the first page of the file. */
    private static byte[] text(Processor processor, int dataSize, byte[] code) {
        ByteBuffer out = ByteBuffer.allocate(CODE + code.length).order(ByteOrder.LITTLE_ENDIAN);
        out.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
        out.putShort((short) ET_EXEC);
        out.putShort((short) (processor == Processor.X86_64 ? EM_X86_64 : EM_AARCH64));
        out.putInt(1).putLong(TEXT_ADDRESS + CODE).putLong(EHDR).putLong(0).putInt(0);
        out.putShort((short) EHDR).putShort((short) PHDR).putShort((short) SEGMENTS);
        out.putShort((short) 0).putShort((short) 0).putShort((short) 0);
        segment(out, PT_LOAD, READ | EXECUTE, 0, TEXT_ADDRESS, CODE + code.length);
        segment(out, PT_LOAD, READ | WRITE, PAGE, DATA_ADDRESS, dataSize);
        segment(out, PT_GNU_STACK, READ | WRITE, 0, 0, 0);
        return out.put(code).array();
    }

    private static void segment(ByteBuffer out, int type, int flags, long offset, long address, long size) {
        out.putInt(type).putInt(flags).putLong(offset).putLong(address).putLong(address);
        out.putLong(size).putLong(size).putLong(type == PT_LOAD ? PAGE : 16);
    }
}
