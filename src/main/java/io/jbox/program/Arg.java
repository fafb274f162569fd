package io.jbox.program;

import static io.jbox.uapi.Syscall.*;

import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An argument of a {@link Call}, given by name rather than by number. */
public sealed interface Arg permits Arg.Common, ProcArg, RouteArg {
    /** Returns the argument as strace prints it. */
    String notation();

    /** An argument that calls of any kind take. */
    sealed interface Common extends Arg {}

    /** A number. */
    record Int(long value) implements Common {
        @Override
        public String notation() {
            return Long.toString(value);
        }
    }

    /** A number that has a name. */
    record Named(String name, long value) implements Common {
        @Override
        public String notation() {
            return name;
        }
    }

    /** A file mode, with the file type where the call wants one. */
    record Mode(@Nullable Flag type, int bits) implements Common {
        @Override
        public String notation() {
            return (type == null ? "" : type + "|") + "0" + Integer.toOctalString(bits);
        }
    }

    /** A device number. */
    record Device(int major, int minor) implements Common {
        @Override
        public String notation() {
            return "makedev(" + major + ", " + minor + ")";
        }
    }

    /** Kernel constants, or-ed together; 0 if there are none. */
    record Flags(List<Flag> flags) implements Common {
        @Override
        public String notation() {
            return flags.isEmpty() ? "0" : Flag.join("|", flags);
        }
    }

    /** A set of capabilities, as a 64-bit mask. */
    record CapabilitySet(List<String> names, long mask) implements Common {
        @Override
        public String notation() {
            return names.isEmpty() ? "0" : String.join("|", names);
        }
    }

    /** A C string. */
    record Text(String text) implements Common {
        @Override
        public String notation() {
            return Quotation.of(text);
        }
    }

    /** The address of a text in a structure, where a text itself is an array of characters. */
    record Pointer(Text text) implements Common {
        @Override
        public String notation() {
            return text.notation();
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

    /**
     * A null-terminated array of C strings.
     *
     * @param name printed in place of the strings; empty to print the strings
     */
    record Texts(List<String> texts, String name) implements Common {
        public Texts(List<String> texts) {
            this(texts, "");
        }

        @Override
        public String notation() {
            if (!name.isEmpty()) {
                return name;
            }
            List<String> quoted = new ArrayList<>();
            for (String text : texts) {
                quoted.add(Quotation.of(text));
            }
            return "[" + String.join(", ", quoted) + "]";
        }
    }

    /** The same array with its first string replaced by a shell and the path of a script. */
    record Script(String shell, String file, Texts words) implements Common {
        @Override
        public String notation() {
            List<String> all = new ArrayList<>(List.of(shell, file));
            all.addAll(words.texts().subList(1, words.texts().size()));
            return new Texts(all).notation();
        }
    }

    /**
     * Bytes.
     *
     * @param summary what they mean
     */
    record Data(String summary, byte[] bytes) implements Common {
        @Override
        public String notation() {
            return "<" + summary + ">";
        }
    }

    /** A null pointer. */
    record Null() implements Common {
        @Override
        public String notation() {
            return "NULL";
        }
    }

    /** A descriptor returned by an earlier call. */
    record Fd(Descriptor descriptor) implements Common {
        @Override
        public String notation() {
            return descriptor.toString();
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
    }

    /** The two descriptors that the call returns. */
    record Pair(Descriptor first, Descriptor second) implements Common {
        @Override
        public String notation() {
            return "[" + first + ", " + second + "]";
        }
    }

    /** Memory that the call writes to. Cells of the same name share their memory. */
    record Cell(String name, int bytes) implements Common {
        @Override
        public String notation() {
            return "[" + name + "]";
        }
    }

    /** The memory of a cell from an offset on. */
    record Part(Cell cell, int offset) implements Common {
        @Override
        public String notation() {
            return "[" + cell.name() + "+" + offset + "]";
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
    }

    /** An address chosen by jbox. */
    record Address(long address) implements Common {
        @Override
        public String notation() {
            return "0x" + Long.toHexString(address);
        }
    }

    /** The size in bytes of the memory behind a descriptor of a program's memory. */
    record SizeOf(Descriptor memory) implements Common {
        @Override
        public String notation() {
            return "sizeof " + memory;
        }
    }

    /**
     * A set of signals.
     *
     * @param signals that are in it
     * @param but whether the set is all signals except these
     */
    record Signals(List<Flag> signals, boolean but) implements Common {
        public static final Signals NONE = new Signals(List.of(), false);
        public static final Signals ALL = new Signals(List.of(), true);

        @Override
        public String notation() {
            return (but ? "~[" : "[") + Flag.join(" ", signals).replace("SIG", "") + "]";
        }
    }

    /**
     * struct sock_fprog: a classic BPF program.
     *
     * @param summary its {@code toString} describes the program; called only when the plan is shown
     */
    record Filter(Object summary, byte[] program) implements Common {
        private static final int INSTRUCTION = 8;

        /** Returns the number of instructions. */
        public int length() {
            return program.length / INSTRUCTION;
        }

        @Override
        public String notation() {
            return "{len=" + length() + ", filter=<" + summary + ">}";
        }
    }

    /**
     * eBPF instructions.
     *
     * @param summary its {@code toString} describes them
     */
    record Code(Object summary, byte[] program) implements Common {
        private static final int INSTRUCTION = 8;

        /** Returns the number of instructions. */
        public int length() {
            return program.length / INSTRUCTION;
        }

        @Override
        public String notation() {
            return "<" + summary + ">";
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

    static Arg mode(int bits) {
        return new Mode(null, bits);
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
