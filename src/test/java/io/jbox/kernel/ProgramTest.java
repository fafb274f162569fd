package io.jbox.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.uapi.Constants;
import io.jbox.uapi.Processor;
import io.jbox.uapi.Syscall;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Programs on the real kernel: the JVM walks them with the very stub that its children do. */
class ProgramTest {
    private final Kernel kernel = NativeKernel.open();

    @Test
    void followsTheBranchOfTheResultsSign() {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Op negative = program.op(Syscall.CLOSE, -1);
            Op zero = program.op(Syscall.UNSHARE, 0);
            Op positive = program.op(Syscall.GETPID);
            Op never = program.op(Syscall.GETPID);
            Op end = program.op(Syscall.UNSHARE, 0).next(0);
            negative.onZero(never.address()).onPositive(never.address());
            zero.onNegative(never.address()).onPositive(never.address());
            positive.onNegative(never.address()).onZero(never.address()).onPositive(end.address());

            kernel.walk(negative.address());

            assertThat(negative.result()).isEqualTo(-9);
            assertThat(zero.result()).isZero();
            assertThat(positive.result()).isEqualTo(ProcessHandle.current().pid());
            assertThat(never.result()).isZero();
        }
    }

    @Test
    void storesTheLow32BitsWhereTheNextOpWantsThem() {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Op open = program.op(
                    Syscall.OPENAT, Constants.AT_FDCWD, program.text("/proc/self/stat"), Constants.O_CLOEXEC, 0);
            long buffer = program.space(64);
            Op read = program.op(Syscall.READ, 0, buffer, 64).next(0);
            Op close = program.op(Syscall.CLOSE, open.result()).next(0);
            open.store(read.argumentAddress(0));
            kernel.walk(open.address());
            close.argument(0, open.result());
            kernel.walk(close.address());

            String stat = new String(program.read(buffer, 64), StandardCharsets.US_ASCII);
            assertThat(stat).startsWith(ProcessHandle.current().pid() + " (");
            assertThat(close.result()).isZero();
        }
    }

    @Test
    void givesArenasBackZeroed() {
        long address;
        try (Arena arena = kernel.arena()) {
            Op op = arena.program().op(Syscall.GETPID).next(0);
            address = op.address();
            kernel.walk(address);
            arena.program().text("secret");
        }
        try (Arena arena = kernel.arena()) {
            assertThat(arena.program().next()).isEqualTo(address);
            assertThat(arena.program().read(address, 256 * 1024)).containsOnly(0);
        }
    }

    @Test
    void saysWhenItsMemoryIsFull() {
        Program program = new Program(Processor.X86_64, ByteBuffer.allocate(256), 0x1000);
        program.op(Syscall.GETPID);
        program.space(100);

        assertThatThrownBy(() -> program.op(Syscall.GETPID)).hasMessage("program is larger than 0 KiB");
        assertThatThrownBy(() -> program.space(100)).hasMessage("program is larger than 0 KiB");
    }

    @Test
    void everyThreadHasAnArenaOfItsOwn() throws InterruptedException {
        Thread[] threads = new Thread[8];
        boolean[] good = new boolean[threads.length];
        for (int i = 0; i < threads.length; i++) {
            int number = i;
            threads[i] = new Thread(() -> {
                good[number] = true;
                for (int round = 0; round < 1000; round++) {
                    good[number] &= kernel.call(Syscall.CLOSE, 100_000 + number) == -9;
                }
            });
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(good).containsOnly(true);
    }
}
