package io.jbox.program;

import java.util.ArrayList;
import java.util.List;

/** An argument of a {@link Call}, by name rather than by number. */
public sealed interface Arg {
    /** As strace prints it. */
    String notation();

    /** A number. */
    record Int(long value) implements Arg {
        @Override
        public String notation() {
            return Long.toString(value);
        }
    }

    /** A number that has a name of its own. */
    record Named(String name, long value) implements Arg {
        @Override
        public String notation() {
            return name;
        }
    }

    /** A file mode; with its type where the call wants one. */
    record Mode(String type, int bits) implements Arg {
        @Override
        public String notation() {
            return (type.isEmpty() ? "" : type + "|") + "0" + Integer.toOctalString(bits);
        }
    }

    /** A device number. */
    record Device(int major, int minor) implements Arg {
        @Override
        public String notation() {
            return "makedev(" + major + ", " + minor + ")";
        }
    }

    /** Constants of the kernel, or-ed together; 0 where there are none. */
    record Flags(List<String> names) implements Arg {
        @Override
        public String notation() {
            return names.isEmpty() ? "0" : String.join("|", names);
        }
    }

    /** A set of capabilities, as a 64-bit mask. */
    record CapabilitySet(List<String> names, long mask) implements Arg {
        @Override
        public String notation() {
            return names.isEmpty() ? "0" : String.join("|", names);
        }
    }

    /** A C string. */
    record Text(String text) implements Arg {
        @Override
        public String notation() {
            return quote(text);
        }
    }

    /**
     * A path below /proc of the box's first process, as the host sees it.
     *
     * @param before what stands before it in the same text
     */
    record OfInit(String file, String before) implements Arg {
        public OfInit(String file) {
            this(file, "");
        }

        @Override
        public String notation() {
            return "\"" + before + "/proc/INIT/" + file + "\"";
        }
    }

    /** Among a host program's words: the first process's id in the host's PID namespace. */
    record InitPid() implements Arg {
        @Override
        public String notation() {
            return "\"INIT\"";
        }
    }

    /** In a structure, where a text itself is an array of characters: its address. */
    record Pointer(Text text) implements Arg {
        @Override
        public String notation() {
            return text.notation();
        }
    }

    /** The words of a program of the host's. */
    record Words(List<Arg> words) implements Arg {
        @Override
        public String notation() {
            List<String> shown = new ArrayList<>();
            for (Arg word : words) {
                shown.add(word.notation());
            }
            return "[" + String.join(", ", shown) + "]";
        }
    }

    /** The path of a terminal, by which it can be opened anew. */
    record TerminalPath(Descriptor terminal) implements Arg {
        @Override
        public String notation() {
            return "ttyname(" + terminal + ")";
        }
    }

    /** Paths that lead to descriptors, with colons between them, each with a path below it behind it. */
    record DescriptorPaths(List<Descriptor> descriptors, String below) implements Arg {
        @Override
        public String notation() {
            StringBuilder out = new StringBuilder();
            for (Descriptor descriptor : descriptors) {
                out.append(out.isEmpty() ? "" : ":")
                        .append("/proc/self/fd/")
                        .append(descriptor)
                        .append(below);
            }
            return quote(out.toString());
        }
    }

    /**
     * An array of C strings, ended by a null pointer.
     *
     * @param name shown in place of them; empty to show them
     */
    record Texts(List<String> texts, String name) implements Arg {
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
                quoted.add(quote(text));
            }
            return "[" + String.join(", ", quoted) + "]";
        }
    }

    /** The same array of C strings but for the first, which is a shell and the path of a script. */
    record Script(String shell, String file, Texts words) implements Arg {
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
    record Data(String summary, byte[] bytes) implements Arg {
        @Override
        public String notation() {
            return "<" + summary + ">";
        }
    }

    /** A null pointer. */
    record Null() implements Arg {
        @Override
        public String notation() {
            return "NULL";
        }
    }

    /** A descriptor that an earlier call has given. */
    record Fd(Descriptor descriptor) implements Arg {
        @Override
        public String notation() {
            return descriptor.toString();
        }
    }

    /** The first number of {@code close_range}: closes everything from a number on but these descriptors. */
    record AllBut(int first, List<Descriptor> descriptors) implements Arg {
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

    /** The id, as text, of a program of the host's that an earlier call has started and has a pidfd of. */
    record PidOf(Descriptor program) implements Arg {
        @Override
        public String notation() {
            return "\"" + program + "\"";
        }
    }

    /** A path below /proc of such a program. */
    record OfProgram(Descriptor program, String file) implements Arg {
        @Override
        public String notation() {
            return "\"/proc/" + program + "/" + file + "\"";
        }
    }

    /** Two descriptors that the call gives. */
    record Pair(Descriptor first, Descriptor second) implements Arg {
        @Override
        public String notation() {
            return "[" + first + ", " + second + "]";
        }
    }

    /** Memory that the call writes to; the same name is the same memory. */
    record Cell(String name, int bytes) implements Arg {
        @Override
        public String notation() {
            return "[" + name + "]";
        }
    }

    /** The memory of a cell from one of its bytes on. */
    record Part(Cell cell, int offset) implements Arg {
        @Override
        public String notation() {
            return "[" + cell.name() + "+" + offset + "]";
        }
    }

    /**
     * The number in a cell, or in some bytes of it, when the call is made.
     *
     * @param bytes up to 8
     */
    record ValueOf(Cell cell, int offset, int bytes) implements Arg {
        public ValueOf(Cell cell) {
            this(cell, 0, Long.BYTES);
        }

        @Override
        public String notation() {
            return "*" + (offset == 0 ? cell : new Part(cell, offset)).notation();
        }
    }

    /** An address that is chosen by jbox. */
    record Address(long address) implements Arg {
        @Override
        public String notation() {
            return "0x" + Long.toHexString(address);
        }
    }

    /** How many bytes of memory a descriptor of a program's memory has. */
    record SizeOf(Descriptor memory) implements Arg {
        @Override
        public String notation() {
            return "sizeof " + memory;
        }
    }

    /** How many bytes a message has. */
    record LengthOf(Message message) implements Arg {
        @Override
        public String notation() {
            return "length";
        }
    }

    /**
     * A set of signals.
     *
     * @param names without SIG
     * @param but whether it is all signals but these
     */
    record Signals(List<String> names, boolean but) implements Arg {
        public static final Signals NONE = new Signals(List.of(), false);
        public static final Signals ALL = new Signals(List.of(), true);

        @Override
        public String notation() {
            return (but ? "~[" : "[") + String.join(" ", names) + "]";
        }
    }

    /**
     * struct sock_fprog: a program of classic BPF.
     *
     * @param summary whose text says what it does; only asked for it when the plan is shown
     */
    record Filter(Object summary, byte[] program) implements Arg {
        private static final int INSTRUCTION = 8;

        /** How many instructions. */
        public int length() {
            return program.length / INSTRUCTION;
        }

        @Override
        public String notation() {
            return "{len=" + length() + ", filter=<" + summary + ">}";
        }
    }

    /**
     * Instructions of eBPF.
     *
     * @param summary whose text says what they do
     */
    record Code(Object summary, byte[] program) implements Arg {
        private static final int INSTRUCTION = 8;

        /** How many instructions. */
        public int length() {
            return program.length / INSTRUCTION;
        }

        @Override
        public String notation() {
            return "<" + summary + ">";
        }
    }

    /** A pointer to a structure. */
    record Struct(List<Field> fields) implements Arg {
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
     * @param name empty for one that is not shown: padding, or 0
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

    /**
     * A request of rtnetlink(7).
     *
     * @param flags beside NLM_F_REQUEST and NLM_F_ACK
     * @param header the fields of the structure behind the message's header
     */
    record Message(String type, List<String> flags, List<Field> header, List<Field> attributes) implements Arg {
        @Override
        public String notation() {
            return "{" + type + (flags.isEmpty() ? "" : ", " + String.join("|", flags)) + ", "
                    + new Attributes(header, attributes).notation() + "}";
        }
    }

    /** Attributes in an attribute, behind the fields of a structure if there is one. */
    record Attributes(List<Field> header, List<Field> attributes) implements Arg {
        @Override
        public String notation() {
            String fields = new Struct(header).notation();
            String inner = new Struct(attributes).notation();
            String list = "[" + inner.substring(1, inner.length() - 1) + "]";
            return fields.equals("{}") ? list : attributes.isEmpty() ? fields : fields + ", " + list;
        }
    }

    /** The index of an interface, in the network of the socket that the message goes through. */
    record LinkIndex(String name) implements Arg {
        @Override
        public String notation() {
            return "if_nametoindex(" + quote(name) + ")";
        }
    }

    /** An address: of hardware, IPv4 or IPv6, as it is written. */
    record NetworkAddress(String text, byte[] bytes) implements Arg {
        @Override
        public String notation() {
            return text;
        }
    }

    /** What is to be known of an interface to bring it back as it was. */
    record LinkState(String name) implements Arg {
        @Override
        public String notation() {
            return "{names, addresses, routes and state of " + quote(name) + "}";
        }
    }

    static Arg number(long value) {
        return new Int(value);
    }

    static Arg mode(int bits) {
        return new Mode("", bits);
    }

    static Arg flags(String... names) {
        return new Flags(List.of(names));
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

    /** The working directory, or what an absolute path ignores. */
    static Arg cwd() {
        return flags("AT_FDCWD");
    }

    static Arg struct(Field... fields) {
        return new Struct(List.of(fields));
    }

    private static String quote(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                default -> {
                    if (Character.isISOControl(c)) {
                        out.append('\\').append(Integer.toOctalString(c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.append('"').toString();
    }
}
