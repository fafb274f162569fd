package io.jbox.compile;

import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Program;
import io.jbox.plan.CompiledTool;
import io.jbox.plan.Words;
import io.jbox.uapi.Processor;
import io.jbox.uapi.Syscall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/** Assembles the program of a namespace tool: at first it gives up on failures, later it prints them itself. */
public final class ToolProgramFile {
    private static final int ENOUGH = 4 << 20;
    private static final int PAGE = 4096;
    /** The exit code of a tool that fails. */
    private static final int FAILED = 1;

    private ToolProgramFile() {}

    /** The file to execute. */
    public static byte[] of(Processor processor, CompiledTool tool) {
        // Built twice: the first build determines how much memory is needed.
        Built large = build(processor, tool, ENOUGH);
        int needs = large.program.opsLength() + large.program.dataLength();
        return build(processor, tool, (needs + 2 * PAGE - 1) / PAGE * PAGE).file;
    }

    private record Built(Program program, byte[] file) {}

    private static Built build(Processor processor, CompiledTool tool, int bytes) {
        ByteBuffer memory = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        Program program = new Program(processor, memory, ElfImage.DATA_ADDRESS);
        ArgumentWriter arguments = new ArgumentWriter(program, new HashMap<>(), 0);
        long jbox = Deoptimisation.becomeJbox(program, arguments, tool.script(), Words.CALLERS_ENVP);
        SpokenFailures failures = new SpokenFailures(program, tool.name(), FAILED);
        long first = program.next();
        new Assembler(program, arguments, new Deoptimisation(jbox), Map.of()).add(tool.begin());
        new Assembler(program, arguments, failures, Map.of()).add(tool.live());
        program.op(Syscall.EXIT_GROUP, FAILED).next(0);
        failures.finish();
        return new Built(program, ElfImage.file(memory, program, first, arguments.address(Words.STACK)));
    }
}
