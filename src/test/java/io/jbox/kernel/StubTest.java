package io.jbox.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/**
 * The bytes of the stubs against what an assembler makes of their listings ({@code aarch64-linux-gnu-as}, {@code as};
 * {@code objdump -d}).
 */
class StubTest {
    @Test
    void aarch64IsWhatTheAssemblerMakes() {
        String listing = """
                e90300aa mov x9, x0
                280140f9 ldr x8, [x9]
                208540a9 ldp x0, x1, [x9, #8]
                228d41a9 ldp x2, x3, [x9, #24]
                249542a9 ldp x4, x5, [x9, #40]
                010000d4 svc #0
                201d00f9 str x0, [x9, #56]
                2a2140f9 ldr x10, [x9, #64]
                4a0000b4 cbz x10, .+8
                400100b9 str w0, [x10]
                2aad44a9 ldp x10, x11, [x9, #72]
                2c2d40f9 ldr x12, [x9, #88]
                1f0000f1 cmp x0, #0
                89118b9a csel x9, x12, x11, ne
                49b1899a csel x9, x10, x9, lt
                49feffb5 cbnz x9, .-56
                c0035fd6 ret
                """;

        assertThat(HexFormat.of().formatHex(Stub.function(Processor.AARCH64))).isEqualTo(bytes(listing));
    }

    @Test
    void aarch64EntryLoadsTheWholeAddress() {
        String code = HexFormat.of().formatHex(Stub.entry(Processor.AARCH64, 0x1234_5678_9abc_def0L));

        // movz x9, #0xdef0; movk …, #0x9abc, lsl #16; #0x5678, lsl #32; #0x1234, lsl #48
        assertThat(code)
                .startsWith("09de9bd2" + "8957b3f2" + "09cfcaf2" + "8946e2f2")
                .endsWith("000020d4");
    }

    @Test
    void x86IsWhatTheAssemblerMakes() {
        String listing = """
                53 push rbx
                4889fb mov rbx, rdi
                488b03 mov rax, [rbx]
                488b7b08 mov rdi, [rbx+8]
                488b7310 mov rsi, [rbx+16]
                488b5318 mov rdx, [rbx+24]
                4c8b5320 mov r10, [rbx+32]
                4c8b4328 mov r8, [rbx+40]
                4c8b4b30 mov r9, [rbx+48]
                0f05 syscall
                48894338 mov [rbx+56], rax
                488b4b40 mov rcx, [rbx+64]
                e302 jrcxz .+4
                8901 mov [rcx], eax
                4885c0 test rax, rax
                488b4b58 mov rcx, [rbx+88]
                480f444b50 cmovz rcx, [rbx+80]
                480f484b48 cmovs rcx, [rbx+72]
                4889cb mov rbx, rcx
                e302 jrcxz .+4
                ebbf jmp .-63
                5b pop rbx
                c3 ret
                """;

        assertThat(HexFormat.of().formatHex(Stub.function(Processor.X86_64))).isEqualTo(bytes(listing));
    }

    private static String bytes(String listing) {
        StringBuilder out = new StringBuilder();
        for (String line : listing.split("\n")) {
            out.append(line, 0, line.indexOf(' '));
        }
        return out.toString();
    }
}
