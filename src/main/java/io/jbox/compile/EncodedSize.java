package io.jbox.compile;

import io.jbox.kernel.Op;
import io.jbox.problem.RawText;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import io.jbox.uapi.Processor;
import java.util.List;

/** Computes an upper bound for the memory that arguments take. */
final class EncodedSize implements Arg.Encoder {
    /** What alignment can add to something. */
    private static final int ALIGNED = 2 * Long.BYTES;
    /** A number with as many digits as any process id or descriptor. */
    private static final int MOST = Integer.MAX_VALUE;

    private long bytes;

    /** The sum so far, in bytes. */
    long bytes() {
        return bytes;
    }

    private long add(long size) {
        bytes += size + ALIGNED;
        return 0;
    }

    @Override
    public Processor processor() {
        return Processor.X86_64;
    }

    @Override
    public long text(String text) {
        return add(RawText.encode(text).length + 1);
    }

    @Override
    public long bytes(byte[] added) {
        return add(added.length);
    }

    @Override
    public long words(long... words) {
        return add((long) words.length * Long.BYTES);
    }

    @Override
    public long texts(List<String> texts) {
        for (String text : texts) {
            text(text);
        }
        return add((texts.size() + 1L) * Long.BYTES);
    }

    @Override
    public long script(String shell, String file, List<String> texts) {
        text(shell);
        text(file);
        texts(texts);
        return add((texts.size() + 2L) * Long.BYTES);
    }

    @Override
    public long struct(Arg.Struct struct) {
        for (Arg.Field field : struct.fields()) {
            add(field.bytes());
            field.value().encode(this);
        }
        return 0;
    }

    @Override
    public long pair(Arg.Pair pair) {
        return add(Long.BYTES);
    }

    @Override
    public long address(Arg.Cell cell, int offset) {
        return add(cell.bytes());
    }

    @Override
    public long value(Arg.ValueOf value) {
        return add(value.cell().bytes());
    }

    @Override
    public long allBut(Arg.AllBut kept) {
        return add((kept.descriptors().size() + 1L) * 3 * Op.SIZE);
    }

    /** The number of a descriptor that the process opens itself is in memory. */
    @Override
    public int number(Descriptor descriptor) {
        add(Long.BYTES);
        return MOST;
    }

    @Override
    public long size(Descriptor memory) {
        return 0;
    }

    @Override
    public String pidOf(Descriptor pidfd) {
        return String.valueOf(MOST);
    }

    @Override
    public String pathOf(Descriptor open) {
        return "/dev/pts/" + MOST;
    }

    @Override
    public int initPid() {
        return MOST;
    }
}
