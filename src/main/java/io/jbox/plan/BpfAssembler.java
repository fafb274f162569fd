package io.jbox.plan;

import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.Label;
import io.jbox.program.Arg;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Step;
import io.jbox.uapi.Flag;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Writes instructions of eBPF, 8 bytes each (Documentation/bpf/standardization/instruction-set.rst). */
final class BpfAssembler {
    static final int INSTRUCTION = 8;

    static final int LOAD_WORD = 0x61;
    /**
     * Loads of packet data, big endian, at an offset. They need the context in R6, return in R0 and overwrite R1 to R5.
     */
    static final int PACKET_WORD = 0x20;

    static final int PACKET_HALF = 0x28;
    static final int PACKET_BYTE = 0x30;
    /** The same, with the value of a register added to the offset. */
    static final int PACKET_WORD_BEHIND = 0x40;

    static final int PACKET_HALF_BEHIND = 0x48;
    static final int PACKET_BYTE_BEHIND = 0x50;

    static final int MOVE = 0xbf;
    static final int SET = 0xb7;
    static final int AND = 0x57;
    /** With another register. */
    static final int OR = 0x4f;

    static final int SHIFT_LEFT = 0x67;
    static final int SHIFT_RIGHT = 0x77;
    private static final int LOAD_CONSTANT = 0x18;
    static final int JUMP = 0x05;
    static final int JUMP_EQUAL = 0x15;
    static final int JUMP_NOT_EQUAL = 0x55;
    private static final int JUMP_SAME = 0x1d;
    static final int JUMP_LESS = 0xa5;
    /** 32-bit comparisons: for 64 bits, the number in an instruction is sign-extended (Linux 5.1). */
    static final int JUMP_EQUAL_32 = 0x16;

    static final int JUMP_NOT_EQUAL_32 = 0x56;
    static final int EXIT = 0x95;

    private final ByteBuffer out;

    /** @param most the maximum number of instructions */
    BpfAssembler(int most) {
        out = ByteBuffer.allocate(most * INSTRUCTION).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The target of jumps, placed after they are emitted. */
    final class Label {
        private final List<Integer> jumps = new ArrayList<>();
        private boolean placed;

        /** Places the label at the next instruction. */
        void here() {
            placed = true;
            for (int jump : jumps) {
                int distance = (out.position() - jump) / INSTRUCTION - 1;
                if (distance > Short.MAX_VALUE) {
                    throw new IllegalStateException("a jump over " + distance + " instructions");
                }
                out.putShort(jump + 2, (short) distance);
            }
        }
    }

    void emit(int code, int destination, int source, int offset, int immediate) {
        out.put((byte) code);
        out.put((byte) (source << 4 | destination));
        out.putShort((short) offset);
        out.putInt(immediate);
    }

    /** Emits a number of 64 bits for a register; these are two instructions. */
    void load(int register, long number) {
        emit(LOAD_CONSTANT, register, 0, 0, (int) number);
        emit(0, 0, 0, 0, (int) (number >>> Integer.SIZE));
    }

    /** Emits a jump that is taken if a comparison with a register holds. */
    void jump(int code, int register, int immediate, Label to) {
        jump(code, register, 0, immediate, to);
    }

    /** Emits a jump that is taken if two registers have the same value. */
    void jumpIfSame(int register, int other, Label to) {
        jump(JUMP_SAME, register, other, 0, to);
    }

    private void jump(int code, int register, int other, int immediate, Label to) {
        if (to.placed) {
            throw new IllegalStateException("a jump backwards");
        }
        to.jumps.add(out.position());
        emit(code, register, other, 0, immediate);
    }

    /** Emits an unconditional jump. */
    void jump(Label to) {
        jump(JUMP, 0, 0, to);
    }

    /** Ends the program with a result. */
    void result(int value) {
        emit(SET, 0, 0, 0, value);
        emit(EXIT, 0, 0, 0, 0);
    }

    byte[] bytes() {
        byte[] bytes = new byte[out.position()];
        out.duplicate().flip().get(bytes);
        return bytes;
    }

    /**
     * Loads a program; call it before the calls of the step that need the program.
     *
     * @param type BPF_PROG_TYPE_*
     * @param program receives its descriptor
     */
    static Step.Draft load(Step.Draft step, Flag type, DataArg.Code code, Descriptor program) {
        return step.open(
                program,
                BPF,
                Arg.flags(BPF_PROG_LOAD),
                Arg.struct(
                        new Arg.Field("prog_type", 4, Arg.flags(type)),
                        new Arg.Field("insn_cnt", 4, Arg.number(code.length())),
                        Arg.Field.of("insns", code),
                        Arg.Field.of("license", new Arg.Pointer(new Arg.Text("Apache-2.0"))),
                        Arg.Field.zero(8),
                        Arg.Field.zero(8),
                        Arg.Field.zero(8)),
                Arg.number(48));
    }
}
