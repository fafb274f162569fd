package io.jbox.program;

import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An rtnetlink(7) request, or what it consists of. */
public sealed interface RouteArg extends Arg {
    /**
     * An rtnetlink(7) request.
     *
     * @param flags beside NLM_F_REQUEST and NLM_F_ACK
     * @param header the fields of the structure that follows the message header
     */
    record Message(Flag type, List<Flag> flags, List<Arg.Field> header, List<Attribute> attributes)
            implements RouteArg {
        @Override
        public String notation() {
            return "{" + type + (flags.isEmpty() ? "" : ", " + Flag.join("|", flags)) + ", "
                    + new Attributes(header, attributes).notation() + "}";
        }

        /** The interface that it is about, by the index in its header; null if it has none. */
        public @Nullable LinkIndex link() {
            for (Arg.Field field : header) {
                if (field.value() instanceof LinkIndex index) {
                    return index;
                }
            }
            return null;
        }

        /** The name that it gives to an interface; null if none. */
        public @Nullable String name() {
            for (Attribute attribute : attributes) {
                if (attribute.type() == Flag.IFLA_IFNAME) {
                    return attribute.value().word();
                }
            }
            return null;
        }

        /** Whether it has such an attribute. */
        public boolean has(Flag attribute) {
            for (Attribute one : attributes) {
                if (one.type() == attribute) {
                    return true;
                }
            }
            return false;
        }

        /** Returns the same message with one more flag, and with numbers and texts replaced. */
        public Message with(Flag flag, Replacement replacement) {
            List<Flag> more = new ArrayList<>(flags);
            more.add(flag);
            Attributes content = new Attributes(header, attributes).with(replacement);
            return new Message(type, more, content.header(), content.attributes());
        }
    }

    /** The length of a message in bytes. */
    record LengthOf(Message message) implements RouteArg {
        @Override
        public String notation() {
            return "length";
        }
    }

    /** One attribute. */
    record Attribute(Flag type, Value value) {
        /** A number of 32 bits. */
        public static Attribute of32(Flag type, Arg number) {
            return new Attribute(type, new Number(Integer.BYTES, number));
        }

        /** A number of 16 bits. */
        public static Attribute of16(Flag type, Arg number) {
            return new Attribute(type, new Number(Short.BYTES, number));
        }

        /** A text. */
        public static Attribute text(Flag type, String text) {
            return new Attribute(type, new Word(text));
        }
    }

    /** What an attribute holds. */
    sealed interface Value {
        String notation();

        /** The text that it is; null if it is none. */
        default @Nullable String word() {
            return null;
        }

        /** Returns the same with numbers and texts replaced, at any depth. */
        default Value with(Replacement replacement) {
            return this;
        }

        /** Lets a writer write it. */
        <E extends Exception> void by(ValueWriter<E> writer) throws E;
    }

    /** What is written in place of numbers and texts. */
    interface Replacement {
        Arg of(Arg number);

        Value of(Word text);
    }

    /**
     * Writes values, each in its own way.
     *
     * @param <E> thrown if one cannot be known
     */
    interface ValueWriter<E extends Exception> {
        void number(Number number) throws E;

        void word(Word text) throws E;

        void nested(Attributes attributes) throws E;

        void madeUp(MadeUpName name) throws E;

        void address(NetworkAddress address) throws E;
    }

    /** A number of as many bytes. */
    record Number(int bytes, Arg number) implements Value {
        @Override
        public String notation() {
            return number.notation();
        }

        @Override
        public Value with(Replacement replacement) {
            return new Number(bytes, replacement.of(number));
        }

        @Override
        public <E extends Exception> void by(ValueWriter<E> writer) throws E {
            writer.number(this);
        }
    }

    /** A text that ends with a zero byte. */
    record Word(String text) implements Value {
        @Override
        public String notation() {
            return Quotation.of(text);
        }

        @Override
        public String word() {
            return text;
        }

        @Override
        public Value with(Replacement replacement) {
            return replacement.of(this);
        }

        @Override
        public <E extends Exception> void by(ValueWriter<E> writer) throws E {
            writer.word(this);
        }
    }

    /** Nested attributes, after the fields of a structure if there is one. */
    record Attributes(List<Arg.Field> header, List<Attribute> attributes) implements Value {
        @Override
        public String notation() {
            String fields = new Arg.Struct(header).notation();
            List<String> inner = new ArrayList<>();
            for (Attribute attribute : attributes) {
                inner.add(attribute.type() + "=" + attribute.value().notation());
            }
            String list = "[" + String.join(", ", inner) + "]";
            return fields.equals("{}") ? list : attributes.isEmpty() ? fields : fields + ", " + list;
        }

        @Override
        public Attributes with(Replacement replacement) {
            List<Arg.Field> fields = new ArrayList<>();
            for (Arg.Field field : header) {
                fields.add(new Arg.Field(field.name(), field.bytes(), replacement.of(field.value())));
            }
            List<Attribute> inner = new ArrayList<>();
            for (Attribute attribute : attributes) {
                inner.add(new Attribute(attribute.type(), attribute.value().with(replacement)));
            }
            return new Attributes(fields, inner);
        }

        @Override
        public <E extends Exception> void by(ValueWriter<E> writer) throws E {
            writer.nested(this);
        }
    }

    /**
     * The name of an interface that is made up when the program runs.
     *
     * @param length in bytes
     */
    record MadeUpName(Arg.Cell cell, int length) implements Value {
        @Override
        public String notation() {
            return cell.notation();
        }

        @Override
        public <E extends Exception> void by(ValueWriter<E> writer) throws E {
            writer.madeUp(this);
        }
    }

    /** A hardware, IPv4 or IPv6 address, with its text. */
    record NetworkAddress(String text, byte[] bytes) implements Value {
        @Override
        public String notation() {
            return text;
        }

        @Override
        public <E extends Exception> void by(ValueWriter<E> writer) throws E {
            writer.address(this);
        }
    }

    /** The index of an interface in the network of the socket that carries the message. */
    record LinkIndex(String name) implements RouteArg {
        @Override
        public String notation() {
            return "if_nametoindex(" + Quotation.of(name) + ")";
        }
    }

    /** What must be known of an interface to restore it. */
    record LinkState(String name) implements RouteArg {
        @Override
        public String notation() {
            return "{names, addresses, routes and state of " + Quotation.of(name) + "}";
        }
    }
}
