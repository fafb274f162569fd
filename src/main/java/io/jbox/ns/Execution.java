package io.jbox.ns;

import io.jbox.kernel.Errno;
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
 * execvp(3) as ops: every folder of PATH is tried where and as whoever the process then is. A file that is there and
 * cannot be executed is what is complained about in the end, and one that the kernel does not know the format of is given
 * to the shell.
 */
final class Execution {
    /** confstr(_CS_PATH), which glibc takes without a PATH. */
    private static final String DEFAULT_PATH = "/bin:/usr/bin";

    private static final String SHELL = "/bin/sh";
    private static final int OPS_OF_CANDIDATE = 14;
    private static final int HALF = 2048;
    private static final int ESTALE = 116;
    private static final int ENOEXEC = 8;
    private static final List<Integer> GO_ON =
            List.of(Errno.ENOENT, Errno.ENOTDIR, ESTALE, Errno.ENODEV, Errno.ETIMEDOUT);

    private final ToolProgram tool;
    private final Program program;
    private final List<byte[]> environment;
    private final long variables;
    private final int exitCode;

    /** @param exitCode if it fails; with {@link JboxException#CANNOT_EXECUTE} it is another one for what is not there */
    Execution(ToolProgram tool, List<byte[]> environment, int exitCode) {
        this.exitCode = exitCode;
        this.tool = tool;
        this.program = tool.program();
        this.environment = environment;
        this.variables = ToolProgram.array(program, strings(environment));
    }

    private List<Long> strings(List<byte[]> strings) {
        List<Long> pointers = new ArrayList<>();
        for (byte[] string : strings) {
            pointers.add(ToolProgram.string(program, string));
        }
        return pointers;
    }

    /** Bytes that it takes in a program. */
    static int size(List<byte[]> words, List<byte[]> environment) {
        String path = Caller.variable(environment, "PATH");
        int folders = 1;
        for (int i = 0; path != null && i < path.length(); i++) {
            folders += path.charAt(i) == ':' ? 1 : 0;
        }
        int name = words.isEmpty() ? 0 : words.get(0).length;
        int candidates =
                folders * (OPS_OF_CANDIDATE * Op.SIZE + name + 4 * Long.BYTES) + (path == null ? 0 : path.length());
        return ToolProgram.size(words) * 2 + ToolProgram.size(environment) + candidates;
    }

    void add(List<byte[]> words) {
        if (words.isEmpty()) {
            String set = Caller.variable(environment, "SHELL");
            String shell = set == null || set.isEmpty() ? SHELL : set;
            // A minus means a login shell, as the originals have it.
            String zero = "-" + shell.substring(shell.lastIndexOf('/') + 1);
            add(shell, List.of(bytes(shell)), List.of(bytes(zero)));
            return;
        }
        String name = new String(words.get(0), StandardCharsets.UTF_8);
        List<byte[]> candidates = new ArrayList<>();
        if (name.isEmpty() || name.indexOf('/') >= 0) {
            candidates.add(words.get(0));
        } else {
            String path = Caller.variable(environment, "PATH");
            for (String folder : (path == null ? DEFAULT_PATH : path).split(":", -1)) {
                candidates.add(join(folder.isEmpty() ? "." : folder, words.get(0)));
            }
        }
        add(name, candidates, words);
    }

    private void add(String name, List<byte[]> candidates, List<byte[]> words) {
        Complaints complaints = tool.complaints();
        int remember = complaints.numbers(Integer.BYTES, GO_ON, false);
        int format = complaints.numbers(1, List.of(ENOEXEC), true);
        List<Long> arguments = strings(words);
        long argv = ToolProgram.array(program, arguments);
        long shell = program.text(SHELL);
        List<Long> script = new ArrayList<>(arguments);
        script.add(0, shell);
        long scriptArgv = ToolProgram.array(program, script);
        long missing = program.words(-Errno.ENOENT);
        program.op(Syscall.PWRITE64, tool.scratch(), missing, Integer.BYTES, tool.area());
        for (byte[] candidate : candidates) {
            long file = ToolProgram.string(program, candidate);
            Op execve = program.op(Syscall.EXECVE, file, argv, variables);
            number(execve, format).onPositive(program.next() + Op.SIZE);
            Op skip = program.op(Syscall.GETPID);
            // The shell's arguments differ in the script's name only.
            tool.copy(program.words(file), scriptArgv + Long.BYTES, Long.BYTES);
            program.op(Syscall.EXECVE, shell, scriptArgv, variables);
            skip.next(program.next());
            // So many bytes of the result are remembered: none, or all of it.
            Op keep = number(execve, remember);
            keep.argument(1, execve.resultAddress()).argument(3, tool.area());
        }
        tool.complain(null, "execute \"" + name + "\"", complaints.kind(exitCode, Map.of()));
    }

    /** An op that writes as many bytes as the table has for an error: positive if there are any. */
    private Op number(Op failed, int kind) {
        int scratch = tool.scratch();
        program.op(Syscall.PWRITE64, scratch, failed.resultAddress(), Integer.BYTES, tool.area() + HALF);
        Op offset = program.op(Syscall.PREAD64, scratch, 0, Integer.BYTES, tool.area() + HALF);
        Op look = program.op(Syscall.PREAD64, scratch, 0, 1, Complaints.offset(kind));
        offset.argument(1, look.argumentAddress(3) + 1);
        Op write = program.op(Syscall.PWRITE64, scratch, failed.resultAddress(), 0, tool.area() + HALF);
        look.argument(1, write.argumentAddress(2));
        return write;
    }

    private static byte[] join(String folder, byte[] name) {
        byte[] start = bytes(folder + "/");
        byte[] all = Arrays.copyOf(start, start.length + name.length);
        System.arraycopy(name, 0, all, start.length, name.length);
        return all;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
