package io.jbox.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.uapi.Processor;
import io.jbox.uapi.Syscall;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The stubs: against what an assembler makes of their listings, and at work, one of the two under qemu-user. */
class StubTest {
    private static final int PAGE = 0x10000;

    @TempDir
    private Path folder;

    /** The instructions beside the bytes are what the bytes mean. */
    @ParameterizedTest
    @EnumSource
    void isWhatTheAssemblerMakes(Processor processor) throws IOException, InterruptedException {
        boolean x86 = processor == Processor.X86_64;
        String assembler = x86 ? "as" : "aarch64-linux-gnu-as";
        assumeTrue(isThere(assembler), "needs " + assembler + " (binutils): .ci/packages installs it");
        String listing = x86
                ? X86Stub.ENTER + X86Stub.WALK + X86Stub.RETURN + X86Stub.SMALL_OPS
                : Aarch64Stub.ENTER + Aarch64Stub.WALK + Aarch64Stub.RETURN + Aarch64Stub.SMALL_OPS;
        StringBuilder source = new StringBuilder();
        for (String line : listing.split("\n")) {
            source.append(line.substring(line.indexOf(' ')).trim()).append('\n');
        }
        Path object = folder.resolve("stub.o");
        List<String> command = new ArrayList<>(List.of(assembler, "-o", object.toString()));
        if (x86) {
            command.addAll(List.of("-msyntax=intel", "-mnaked-reg"));
        }
        assertThat(run(command, source.toString())).isEmpty();
        byte[] code = Stub.function(processor);

        // The section .text begins at 64, behind the header.
        byte[] made = Files.readAllBytes(object);
        assertThat(HexFormat.of().formatHex(Arrays.copyOfRange(made, 64, 64 + code.length)))
                .isEqualTo(HexFormat.of().formatHex(code));
    }

    @Test
    void entriesLoadTheWholeAddress() {
        // movz x9, #0xdef0; movk …, #0x9abc, lsl #16; #0x5678, lsl #32; #0x1234, lsl #48
        assertThat(HexFormat.of().formatHex(Stub.entry(Processor.AARCH64, 0x1234_5678_9abc_def0L)))
                .startsWith("09de9bd2" + "8957b3f2" + "09cfcaf2" + "8946e2f2" + "2801");
        assertThat(HexFormat.of().formatHex(Stub.entry(Processor.X86_64, 0x1234_5678_9abc_def0L)))
                .startsWith("48bb" + "f0debc9a78563412" + "488b03");
    }

    /** An executable that says what each small op has made, and ends with the code that a branch has chosen. */
    @ParameterizedTest
    @EnumSource
    void programsRun(Processor processor) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        if (processor == Processor.AARCH64) {
            assumeTrue(isThere("qemu-aarch64-static"), "needs qemu-user-static: .ci/packages installs it");
            command.add("qemu-aarch64-static");
        }
        ByteBuffer memory = ByteBuffer.allocate(PAGE);
        Program program = new Program(processor, memory, ElfImage.DATA_ADDRESS);
        long out = program.space(256);
        long at = program.words(out);
        long counter = program.words(-3);
        Op wrong = program.op(Syscall.EXIT_GROUP, 99);
        Op first = program.op(SmallOp.ADD, counter, 1);
        // A loop of three: the sum is negative until it is zero.
        Op loop = append(program, at, SmallOp.TEXT, program.text("loop "));
        loop.next(first.address());
        first.onNegative(program.next() - Op.SIZE * 3L)
                .onPositive(wrong.address())
                .onZero(program.next());
        append(program, at, SmallOp.DIGITS, 0);
        append(program, at, SmallOp.TEXT, program.text(" "));
        append(program, at, SmallOp.DIGITS, 1_234_567_890_123_456_789L);
        append(program, at, SmallOp.TEXT, program.text(" "));
        append(program, at, SmallOp.DIGITS, -1);
        append(program, at, SmallOp.TEXT, program.text(""));
        long one = program.text("same text");
        long copy = program.space(16);
        program.op(SmallOp.COPY, copy, one, 10);
        append(program, at, SmallOp.TEXT, program.text("/"));
        append(program, at, SmallOp.TEXT, copy);
        program.op(SmallOp.COMPARE, one, copy, 10).onPositive(wrong.address()).onNegative(wrong.address());
        program.op(SmallOp.COMPARE, one, program.text("same"), 0).onPositive(wrong.address());
        program.op(SmallOp.COMPARE, one, program.text("same test"), 9).onZero(wrong.address());
        program.op(SmallOp.COPY, copy, one, 0);
        Op write = program.op(Syscall.WRITE, 1, out, 75);
        write.next(program.next());
        program.op(Syscall.EXIT_GROUP, 7);
        Path file = folder.resolve("program");
        byte[] text = ElfImage.text(processor, PAGE, first.address());
        Files.write(file, Arrays.copyOf(text, 2 * PAGE));
        byte[] image = Files.readAllBytes(file);
        System.arraycopy(memory.array(), 0, image, PAGE, PAGE);
        Files.write(file, image);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        command.add(file.toString());

        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = text(process.getInputStream());

        assertThat(said).startsWith("loop loop 0 1234567890123456789 18446744073709551615/same text\0");
        assertThat(process.waitFor()).isEqualTo(7);
    }

    /** A program that finds its words where its first stack pointer leads: ends with their number. */
    @ParameterizedTest
    @EnumSource
    void keepsTheFirstStackPointer(Processor processor) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        if (processor == Processor.AARCH64) {
            assumeTrue(isThere("qemu-aarch64-static"), "needs qemu-user-static: .ci/packages installs it");
            command.add("qemu-aarch64-static");
        }
        ByteBuffer memory = ByteBuffer.allocate(PAGE);
        Program program = new Program(processor, memory, ElfImage.DATA_ADDRESS);
        long stack = program.space(Long.BYTES);
        Op load = program.op(SmallOp.COPY, 0, stack, Long.BYTES);
        Op count = program.op(SmallOp.COPY, 0, 0, Long.BYTES);
        load.argument(0, count.argumentAddress(1));
        Op exit = program.op(Syscall.EXIT_GROUP, 0);
        count.argument(0, exit.argumentAddress(0));
        byte[] file = new byte[2 * PAGE];
        for (ElfImage.Part part : ElfImage.parts(memory, program, load.address(), stack)) {
            System.arraycopy(part.bytes(), 0, file, (int) part.offset(), part.bytes().length);
        }
        Path path = folder.resolve("words");
        Files.write(path, file);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
        command.add(path.toString());
        command.addAll(List.of("one", "two", ""));

        assertThat(new ProcessBuilder(command).start().waitFor()).isEqualTo(4);
    }

    /** What stands before the first op is two instructions more than in other programs. */
    @Test
    void theStackPointerIsStoredAtItsAddress() {
        // mov [0x12345678], rsp
        assertThat(HexFormat.of().formatHex(Stub.entry(Processor.X86_64, 1, 0x1234_5678L)))
                .startsWith("48892425" + "78563412" + "48bb" + "0100000000000000");
        // the address in x9; mov x10, sp; str x10, [x9]
        assertThat(HexFormat.of().formatHex(Stub.entry(Processor.AARCH64, 1, 0x1234_5678L)))
                .startsWith("09cf8ad2" + "8946a2f2" + "0900c0f2" + "0900e0f2" + "ea030091" + "2a0100f9");
    }

    /** Appends to what lies before {@code [at]}; three ops. */
    private static Op append(Program program, long at, SmallOp small, long argument) {
        Op load = program.op(SmallOp.COPY, 0, at, Long.BYTES);
        Op write = program.op(small, 0, argument);
        load.argument(0, write.argumentAddress(0));
        Op add = program.op(SmallOp.ADD, at, 0);
        write.store(add.argumentAddress(1));
        return add;
    }

    private static boolean isThere(String tool) {
        for (String path : System.getenv("PATH").split(":")) {
            if (Files.isExecutable(Path.of(path, tool))) {
                return true;
            }
        }
        return false;
    }

    private static String run(List<String> command, String input) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
        String said = text(process.getInputStream());
        process.waitFor();
        return said;
    }

    private static String text(InputStream in) throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
}
