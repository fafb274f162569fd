package io.jbox.ns;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.problem.JboxException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What a program of system calls says when one of them fails: a file to look error numbers up in.
 *
 * <p>Ops cannot compute, but the low 32 bits of a result can be written anywhere: into an offset from its second byte on,
 * which multiplies by 256. So a negative result of kind k leads to the record at k·2^40 + 2^40 - errno·256 of a sparse
 * memfd: the exit code, the text's length, the text. The file's beginning is free for ops to copy memory through.
 */
final class Complaints {
    /** Bytes of a record. */
    static final int RECORD = 256;

    private static final int LAST_ERRNO = 133;
    private static final int KIND_SHIFT = 40;
    private static final int HEADER = 2;

    private final Kernel kernel;
    private final int file;
    private final List<byte[]> kinds = new ArrayList<>();

    /** @throws JboxException if the kernel gives no memfd */
    Complaints(Kernel kernel) {
        this.kernel = kernel;
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Op make =
                    program.op(Syscall.MEMFD_CREATE, program.text("errors"), 0).next(0);
            kernel.walk(make.address());
            this.file = (int) make.result();
        }
        if (file < 0) {
            throw new JboxException("memfd_create: " + Errno.describe(-file));
        }
    }

    /** The descriptor of the file, which survives an execve. */
    int file() {
        return file;
    }

    /** Says what happened, and perhaps what to do about it. */
    int kind(int exitCode, Map<Integer, String> hints) {
        byte[] records = new byte[LAST_ERRNO * RECORD];
        for (int errno = 1; errno <= LAST_ERRNO; errno++) {
            String hint = hints.get(errno);
            boolean notFound = errno == Errno.ENOENT && exitCode == JboxException.CANNOT_EXECUTE;
            byte[] record = record(
                    notFound ? JboxException.NOT_FOUND : exitCode,
                    Errno.describe(errno) + (hint == null ? "" : "\n  hint: " + hint));
            System.arraycopy(record, 0, records, (LAST_ERRNO - errno) * RECORD, record.length);
        }
        return add(records);
    }

    /** Whose first byte is a number for these errors, or for all others, and else 0. */
    int numbers(int number, List<Integer> errnos, boolean theseOnly) {
        byte[] records = new byte[LAST_ERRNO * RECORD];
        for (int errno = 1; errno <= LAST_ERRNO; errno++) {
            if (errnos.contains(errno) == theseOnly) {
                records[(LAST_ERRNO - errno) * RECORD] = (byte) number;
            }
        }
        return add(records);
    }

    private int add(byte[] records) {
        for (int i = 0; i < kinds.size(); i++) {
            if (Arrays.equals(kinds.get(i), records)) {
                return i;
            }
        }
        kinds.add(records);
        return kinds.size() - 1;
    }

    private static byte[] record(int code, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(bytes.length, RECORD - HEADER);
        byte[] all = new byte[HEADER + length];
        all[0] = (byte) code;
        all[1] = (byte) length;
        System.arraycopy(bytes, 0, all, HEADER, length);
        return all;
    }

    /** The offset that a negative result is written into, from its second byte on. */
    static long offset(int kind) {
        return (long) kind << KIND_SHIFT;
    }

    /** Writes all records. */
    void write() {
        for (int i = 0; i < kinds.size(); i++) {
            byte[] records = kinds.get(i);
            try (Arena arena = kernel.arena()) {
                Program program = arena.program();
                long offset = ((long) i + 1 << KIND_SHIFT) - records.length;
                Op write = program.op(Syscall.PWRITE64, file, program.bytes(records), records.length, offset)
                        .next(0);
                kernel.walk(write.address());
                if (write.result() != records.length) {
                    throw new JboxException("memfd: pwrite64: " + Errno.describe((int) -write.result()));
                }
            }
        }
    }
}
