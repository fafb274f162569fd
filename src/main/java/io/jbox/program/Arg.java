package io.jbox.program;

import static io.jbox.uapi.Syscall.*;

import io.jbox.uapi.Flag;
import io.jbox.uapi.Processor;
import java.util.ArrayList;
import java.util.List;

/** An argument of a {@link Call}, given by name rather than by number. */
public sealed interface Arg permits Arg.Common, DataArg, ProcArg, RouteArg {
    /** Returns the argument as strace prints it. */
    String notation();

    /**
     * The value for the argument's register; what it points to is written to the program's memory.
     *
     * @throws IllegalArgumentException if no single call takes it
     */
    default long encode(Encoder encoder) {
        throw new IllegalArgumentException("not an argument of one call: " + notation());
    }

    /** The program's memory, and what is known of the process that it is for. */
    interface Encoder {
        /** The processor that the program is for. */
        Processor processor();

        /** Writes a C string; returns its address, as those below do. */
        long text(String text);

        long bytes(byte[] bytes);

        long words(long... words);

        long texts(List<String> texts);

        /** The same with a shell and the path of a script in the place of the first one. */
        long script(String shell, String file, List<String> texts);

        long struct(Struct struct);

        long pair(Pair pair);

        /** The address of a cell, from an offset on. */
        long address(Cell cell, int offset);

        /** What a cell holds at the time of the call. */
        long value(ValueOf value);

        /** Several calls in the place of one. */
        long allBut(AllBut kept);

        /** The number of an open descriptor. */
        int number(Descriptor descriptor);

        /** The size in bytes of the memory behind a descriptor. */
        long size(Descriptor memory);

        /** The process that a pidfd is of. */
        String pidOf(Descriptor pidfd);

        /** The path of an open file. */
        String pathOf(Descriptor open);

        /** The id of the box's first process. */
        int initPid();
    }

    /** An argument that calls of any kind take. */
    sealed interface Common extends Arg {}

    /** A number. */
    record Int(long value) implements Common {
        @Override
        public String notation() {
            return Long.toString(value);
        }

        @Override
        public long encode(Encoder encoder) {
            return value;
        }
    }

    /** A number that has a name. */
    record Named(String name, long value) implements Common {
        @Override
        public String notation() {
            return name;
        }

        @Override
        public long encode(Encoder encoder) {
            return value;
        }
    }

    /** Kernel constants, or-ed together; 0 if there are none. */
    record Flags(List<Flag> flags) implements Common {
        @Override
        public String notation() {
            return flags.isEmpty() ? "0" : Flag.join("|", flags);
        }

        @Override
        public long encode(Encoder encoder) {
            return Flag.value(flags, encoder.processor());
        }
    }

    /** A C string. */
    record Text(String text) implements Common {
        @Override
        public String notation() {
            return Quotation.of(text);
        }

        @Override
        public long encode(Encoder encoder) {
            return encoder.text(text);
        }
    }

    /** The address of a text in a structure, where a text itself is an array of characters. */
    record Pointer(Text text) implements Common {
        @Override
        public String notation() {
            return text.notation();
        }

        @Override
        public long encode(Encoder encoder) {
            return encoder.text(text.text());
        }
    }

    /** The command line of a host program. */
    record Words(List<Arg> words) implements Common {
        @Override
        public String notation() {
            List<String> shown = new ArrayList<>();
            for (Arg word : words) {
                shown.add(word.notation());
            }
            return "[" + String.join(", ", shown) + "]";
        }
    }

    /** A null pointer. */
    record Null() implements Common {
        @Override
        public String notation() {
            return "NULL";
        }

        @Override
        public long encode(Encoder encoder) {
            return 0;
        }
    }

    /** A descriptor returned by an earlier call. */
    record Fd(Descriptor descriptor) implements Common {
        @Override
        public String notation() {
            return descriptor.toString();
        }

        @Override
        public long encode(Encoder encoder) {
            return encoder.number(descriptor);
        }
    }

    /** The first argument of {@code close_range}: closes every descriptor from a number on, except these. */
    record AllBut(int first, List<Descriptor> descriptors) implements Common {
        public AllBut(List<Descriptor> descriptors) {
            this(3, descriptors);
        }

        @Override
        public String notation() {
            StringBuilder out = new StringBuilder(first + " and up but");
            for (Descriptor descriptor : descriptors) {
                out.append(' ').append(descriptor);
            }
            return out.toString();
        }

        @Override
        public long encode(Encoder encoder) {
            return encoder.allBut(this);
        }
    }

    /** The two descriptors that the call returns. */
    record Pair(Descriptor first, Descriptor second) implements Common {
        @Override
        public String notation() {
            return "[" + first + ", " + second + "]";
        }

        @Override
        public long encode(Encoder encoder) {
            return encoder.pair(this);
        }
    }

    /** Memory that the call writes to. Cells of the same name share their memory. */
    record Cell(String name, int bytes) implements Common {
        @Override
        public String notation() {
            return "[" + name + "]";
        }

        @Override
        public long encode(Encoder encoder) {
            return encoder.address(this, 0);
        }
    }

    /** The memory of a cell from an offset on. */
    record Part(Cell cell, int offset) implements Common {
        @Override
        public String notation() {
            return "[" + cell.name() + "+" + offset + "]";
        }

        @Override
        public long encode(Encoder encoder) {
            return encoder.address(cell, offset);
        }
    }

    /**
     * The number in a cell, or in some of its bytes, at the time of the call.
     *
     * @param bytes up to 8
     */
    record ValueOf(Cell cell, int offset, int bytes) implements Common {
        public ValueOf(Cell cell) {
            this(cell, 0, Long.BYTES);
        }

        @Override
        public String notation() {
            return "*" + (offset == 0 ? cell : new Part(cell, offset)).notation();
        }

        @Override
        public long encode(Encoder encoder) {
            return encoder.value(this);
        }
    }

    /** An address chosen by jbox. */
    record Address(long address) implements Common {
        @Override
        public String notation() {
            return "0x" + Long.toHexString(address);
        }

        @Override
        public long encode(Encoder encoder) {
            return address;
        }
    }

    /** The size in bytes of the memory behind a descriptor of a program's memory. */
    record SizeOf(Descriptor memory) implements Common {
        @Override
        public String notation() {
            return "sizeof " + memory;
        }

        @Override
        public long encode(Encoder encoder) {
            return encoder.size(memory);
        }
    }

    /** A pointer to a structure. */
    record Struct(List<Field> fields) implements Common {
        @Override
        public String notation() {
            List<String> shown = new ArrayList<>();
            for (Field field : fields) {
                if (!field.name().isEmpty()) {
                    shown.add(field.name() + "=" + field.value().notation());
                }
            }
            return "{" + String.join(", ", shown) + "}";
        }

        @Override
        public long encode(Encoder encoder) {
            return encoder.struct(this);
        }
    }

    /**
     * A field of a structure.
     *
     * @param name empty for a field that is not shown: padding, or 0
     * @param bytes its size
     */
    record Field(String name, int bytes, Arg value) {
        public static Field of(String name, Arg value) {
            return new Field(name, Long.BYTES, value);
        }

        public static Field zero(int bytes) {
            return new Field("", bytes, new Int(0));
        }
    }

    static Arg number(long value) {
        return new Int(value);
    }

    static Arg flags(Flag... flags) {
        return new Flags(List.of(flags));
    }

    static Arg text(String text) {
        return new Text(text);
    }

    static Arg fd(Descriptor descriptor) {
        return new Fd(descriptor);
    }

    static Arg nothing() {
        return new Null();
    }

    /** The working directory, or the directory argument that goes with an absolute path. */
    static Arg cwd() {
        return flags(Flag.AT_FDCWD);
    }

    static Arg struct(Field... fields) {
        return new Struct(List.of(fields));
    }
}
