package io.jbox.kernel;

import io.jbox.problem.RawText;
import io.jbox.uapi.Syscall;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Lists open folders. */
public final class FolderCalls {
    private static final int BUFFER = 32 * 1024;
    private static final int RECORD_LENGTH = 16;
    private static final int NAME = 19;
    /** Including the terminating NUL. */
    private static final int MAX_NAME = 256;

    private FolderCalls() {}

    /** The names in a folder that was just opened, but for "." and ".." (getdents64(2)); {@link RawText}. */
    public static List<String> names(Fd folder) throws KernelException {
        List<String> names = new ArrayList<>();
        try (Arena arena = folder.kernel().arena()) {
            Program program = arena.program();
            // With room to read the last name at maximum length.
            long buffer = program.space(BUFFER + MAX_NAME);
            Op op = program.op(Syscall.GETDENTS64, folder.number(), buffer, BUFFER);
            for (long length = Calls.make(folder.kernel(), op); length > 0; length = Calls.make(folder.kernel(), op)) {
                for (long at = 0; at < length; at += program.readInt(buffer + at + RECORD_LENGTH) & 0xffff) {
                    String name = name(program, buffer + at + NAME);
                    if (!name.equals(".") && !name.equals("..")) {
                        names.add(name);
                    }
                }
            }
        }
        return names;
    }

    private static String name(Program program, long address) {
        byte[] name = program.read(address, MAX_NAME);
        int length = 0;
        while (name[length] != 0) {
            length++;
        }
        return RawText.decode(Arrays.copyOf(name, length));
    }
}
