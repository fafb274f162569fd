package io.jbox.program;

import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An argument that stands for many bits or bytes, and is shown by what they mean. */
public sealed interface DataArg extends Arg {
    /** A file mode, with the file type where the call wants one. */
    record Mode(@Nullable Flag type, int bits) implements DataArg {
        private static final int BITS = 07777;

        @Override
        public String notation() {
            return (type == null ? "" : type + "|") + "0" + Integer.toOctalString(bits);
        }

        @Override
        public long encode(Encoder encoder) {
            return (type == null ? 0 : type.value(encoder.processor())) | bits & BITS;
        }
    }

    /** A device number. */
    record Device(int major, int minor) implements DataArg {
        @Override
        public String notation() {
            return "makedev(" + major + ", " + minor + ")";
        }

        @Override
        public long encode(Encoder encoder) {
            return (long) major << Byte.SIZE | minor;
        }
    }

    /** A set of capabilities, as a 64-bit mask. */
    record CapabilitySet(List<String> names, long mask) implements DataArg {
        @Override
        public String notation() {
            return names.isEmpty() ? "0" : String.join("|", names);
        }

        @Override
        public long encode(Encoder encoder) {
            return mask;
        }
    }

    /**
     * A null-terminated array of C strings.
     *
     * @param name printed in place of the strings; empty to print the strings
     */
    record Texts(List<String> texts, String name) implements DataArg {
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

        @Override
        public long encode(Encoder encoder) {
            return encoder.texts(texts);
        }
    }

    /** The same array with its first string replaced by a shell and the path of a script. */
    record Script(String shell, String file, Texts words) implements DataArg {
        @Override
        public String notation() {
            List<String> all = new ArrayList<>(List.of(shell, file));
            all.addAll(words.texts().subList(1, words.texts().size()));
            return new Texts(all).notation();
        }

        @Override
        public long encode(Encoder encoder) {
            return encoder.script(shell, file, words.texts());
        }
    }

    /**
     * Bytes.
     *
     * @param summary what they mean
     */
    record Data(String summary, byte[] bytes) implements DataArg {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Data data && summary.equals(data.summary) && Arrays.equals(bytes, data.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }

        @Override
        public String notation() {
            return "<" + summary + ">";
        }

        @Override
        public long encode(Encoder encoder) {
            return encoder.bytes(bytes);
        }
    }

    /**
     * A set of signals.
     *
     * @param signals that are in it
     * @param but whether the set is all signals except these
     */
    record Signals(List<Flag> signals, boolean but) implements DataArg {
        public static final Signals NONE = new Signals(List.of(), false);
        public static final Signals ALL = new Signals(List.of(), true);

        @Override
        public String notation() {
            return (but ? "~[" : "[") + Flag.join(" ", signals).replace("SIG", "") + "]";
        }

        @Override
        public long encode(Encoder encoder) {
            long mask = 0;
            for (Flag signal : signals) {
                mask |= 1L << signal.value(encoder.processor()) - 1;
            }
            return encoder.words(but ? ~mask : mask);
        }
    }

    /**
     * struct sock_fprog: a classic BPF program.
     *
     * @param summary its {@code toString} describes the program; called only when the plan is shown
     */
    record Filter(Object summary, byte[] program) implements DataArg {
        /** The summary follows from the program. */
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Filter filter && Arrays.equals(program, filter.program);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(program);
        }

        private static final int INSTRUCTION = 8;

        /** Returns the number of instructions. */
        public int length() {
            return program.length / INSTRUCTION;
        }

        @Override
        public String notation() {
            return "{len=" + length() + ", filter=<" + summary + ">}";
        }

        @Override
        public long encode(Encoder encoder) {
            return encoder.words(length(), encoder.bytes(program));
        }
    }

    /**
     * eBPF instructions.
     *
     * @param summary its {@code toString} describes them
     */
    record Code(Object summary, byte[] program) implements DataArg {
        /** The summary follows from the program. */
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Code code && Arrays.equals(program, code.program);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(program);
        }

        private static final int INSTRUCTION = 8;

        /** Returns the number of instructions. */
        public int length() {
            return program.length / INSTRUCTION;
        }

        @Override
        public String notation() {
            return "<" + summary + ">";
        }

        @Override
        public long encode(Encoder encoder) {
            return encoder.bytes(program);
        }
    }

    static Arg mode(int bits) {
        return new Mode(null, bits);
    }
}
