package io.jbox.compile;

import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Program;
import io.jbox.plan.LauncherSteps;
import io.jbox.plan.Words;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.uapi.Processor;
import io.jbox.uapi.Syscall;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;

/** Makes the launcher of a distribution, an executable of some kilobytes. */
public final class LauncherProgram {
    private static final int MEMORY = 0x2_0000;
    private static final int FAILED = 125;
    private static final int STANDARD_ERROR = 2;
    private static final String NO_SCRIPT =
            "jbox: the launcher in libexec beside bin cannot be executed\n  hint: is /proc mounted? is the libexec folder there?\n";

    private LauncherProgram() {}

    /** The file to execute. */
    public static byte[] of(Processor processor) {
        ByteBuffer memory = ByteBuffer.allocate(MEMORY).order(ByteOrder.LITTLE_ENDIAN);
        Program program = new Program(processor, memory, ElfImage.DATA_ADDRESS);
        ArgumentWriter arguments = new ArgumentWriter(program, new HashMap<>(), 0);
        long toScript = program.next();
        arguments.op(
                Syscall.EXECVE,
                List.of(LauncherSteps.SCRIPT, new Arg.ValueOf(Words.ARGV), new Arg.ValueOf(Words.ENVP)));
        program.op(Syscall.WRITE, STANDARD_ERROR, program.text(NO_SCRIPT), NO_SCRIPT.length());
        program.op(Syscall.EXIT_GROUP, FAILED).next(0);
        long first = program.next();
        Failures failures = new Deoptimisation(toScript);
        new Assembler(program, arguments, failures, new EnumMap<>(Actor.class)).add(LauncherSteps.steps());
        program.op(Syscall.EXIT_GROUP, FAILED).next(0);
        return ElfImage.file(memory, program, first, arguments.address(Words.STACK));
    }

    /** Run by the build: writes the launcher for this processor to a file. */
    public static void main(String[] arguments) throws IOException {
        Path file = Path.of(arguments[0]);
        Files.createDirectories(file.getParent());
        // Written to a temporary file first, since the old one may be executing.
        Path aside = file.resolveSibling("." + file.getFileName());
        Files.write(aside, of(Processor.current()));
        Files.setPosixFilePermissions(aside, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.move(aside, file, StandardCopyOption.REPLACE_EXISTING);
    }
}
