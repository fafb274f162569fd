package io.jbox.kernel;

/**
 * {@link Stub} for x86-64: its machine code beside the instructions, in GNU as' Intel syntax (System V calling convention;
 * {@code syscall} clobbers rax, rcx and r11 only).
 */
final class X86Stub {
    static final String ENTER = """
            53              push rbx
            4889fb          mov rbx, rdi
            """;

    static final String WALK = """
            488b03          walk: mov rax, [rbx]
            488b7b08        mov rdi, [rbx+8]
            488b7310        mov rsi, [rbx+16]
            488b5318        mov rdx, [rbx+24]
            4c8b5320        mov r10, [rbx+32]
            4c8b4328        mov r8, [rbx+40]
            4c8b4b30        mov r9, [rbx+48]
            85c0            test eax, eax
            7828            js small
            0f05            syscall
            48894338        done: mov [rbx+56], rax
            488b4b40        mov rcx, [rbx+64]
            e302            jrcxz branch
            8901            mov [rcx], eax
            4885c0          branch: test rax, rax
            488b4b58        mov rcx, [rbx+88]
            480f444b50      cmovz rcx, [rbx+80]
            480f484b48      cmovs rcx, [rbx+72]
            4889cb          mov rbx, rcx
            e302            jrcxz end
            ebbb            jmp walk
            """;

    static final String RETURN = """
            5b              end: pop rbx
            c3              ret
            """;

    /** As long as {@link #RETURN}: an image has no caller to return to. */
    static final String TRAP = """
            0f0b            end: ud2
            """;

    static final String SMALL_OPS = """
            4889d1          small: mov rcx, rdx
            ffc0            inc eax
            7420            jz copy
            ffc0            inc eax
            7420            jz compare
            ffc0            inc eax
            7425            jz add
            ffc0            inc eax
            742c            jz digits
            ffc0            text: inc eax
            8a1406          character: mov dl, [rsi+rax]
            881407          mov [rdi+rax], dl
            48ffc0          inc rax
            84d2            test dl, dl
            75f3            jnz character
            48ffc8          dec rax
            ebb3            jmp done
            f3a4            copy: rep movsb
            ebaf            jmp done
            39c0            compare: cmp eax, eax
            f3a6            repe cmpsb
            0f95c0          setne al
            eba6            jmp done
            480337          add: add rsi, [rdi]
            488937          mov [rdi], rsi
            4889f0          mov rax, rsi
            eb9b            jmp done
            41b80a000000    digits: mov r8d, 10
            4889f0          mov rax, rsi
            48ffc7          count: inc rdi
            31d2            xor edx, edx
            49f7f0          div r8
            4885c0          test rax, rax
            75f3            jnz count
            8837            mov [rdi], dh
            4989f9          mov r9, rdi
            4889f0          mov rax, rsi
            31d2            digit: xor edx, edx
            49f7f0          div r8
            80c230          add dl, 48
            48ffcf          dec rdi
            8817            mov [rdi], dl
            4885c0          test rax, rax
            75ee            jnz digit
            4c89c8          mov rax, r9
            4829f8          sub rax, rdi
            e960ffffff      jmp done
            """;

    private X86Stub() {}

    /**
     * Keeps the first stack pointer, which leads to the arguments: {@code mov [address], rsp}.
     *
     * @param address below 2^31
     */
    static String keepStack(long address) {
        return "48892425" + Stub.littleEndian(address, Integer.BYTES) + " \n";
    }

    /** Replaces {@link #ENTER}: {@code movabs rbx, address}. */
    static String load(long address) {
        return "48bb" + Stub.littleEndian(address, Long.BYTES) + " \n";
    }
}
