package io.jbox.program;

import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.List;

/** An rtnetlink(7) request, or what it consists of. */
public sealed interface RouteArg extends Arg {
    /**
     * An rtnetlink(7) request.
     *
     * @param flags beside NLM_F_REQUEST
     * @param header the fields of the structure that follows the message header
     */
    record Message(Flag type, List<Flag> flags, List<Arg.Field> header, List<Attribute> attributes)
            implements RouteArg {
        @Override
        public String notation() {
            return "{" + type + (flags.isEmpty() ? "" : ", " + Flag.join("|", flags)) + ", "
                    + new Attributes(header, attributes).notation() + "}";
        }

        /** Returns the same message with numbers and texts replaced. */
        public Message with(Replacement replacement) {
            Attributes content = new Attributes(header, attributes).with(replacement);
            return new Message(type, flags, content.header(), content.attributes());
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

        /** Returns the same with numbers and texts replaced, at any depth. */
        default Value with(Replacement replacement) {
            return this;
        }

        /** Lets a writer write it. */
        void by(ValueWriter writer);
    }

    /** What is written in place of numbers and texts. */
    interface Replacement {
        default Arg of(Arg number) {
            return number;
        }

        default Value of(Word text) {
            return text;
        }
    }

    /** Writes values, each in its own way. */
    interface ValueWriter {
        void number(Number number);

        void word(Word text);

        void nested(Attributes attributes);

        void madeUp(MadeUpName name);

        void address(NetworkAddress address);
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
        public void by(ValueWriter writer) {
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
        public Value with(Replacement replacement) {
            return replacement.of(this);
        }

        @Override
        public void by(ValueWriter writer) {
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
        public void by(ValueWriter writer) {
            writer.nested(this);
        }
    }

    /**
     * The name of an interface that is chosen when the program runs.
     *
     * @param length in bytes
     */
    record MadeUpName(Arg.Cell cell, int length) implements Value {
        @Override
        public String notation() {
            return cell.notation();
        }

        @Override
        public void by(ValueWriter writer) {
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
        public void by(ValueWriter writer) {
            writer.address(this);
        }
    }

    /**
     * The index of an interface in the network of the socket that carries the message. A plan asks for it by a call, and
     * has the answer in its place.
     */
    record LinkIndex(String name) implements RouteArg {
        @Override
        public String notation() {
            return "if_nametoindex(" + Quotation.of(name) + ")";
        }
    }

    /** The name of an interface, as the calls of netdevice(7) take it: the first 16 bytes of struct ifreq. */
    record LinkName(String name) implements RouteArg {
        /** Its size in bytes. */
        public static final int SIZE = 16;

        private Arg.Struct struct() {
            return new Arg.Struct(List.of(new Arg.Field("ifr_name", SIZE, new Arg.Text(name))));
        }

        @Override
        public String notation() {
            return struct().notation();
        }

        @Override
        public long encode(Encoder encoder) {
            return encoder.struct(struct());
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
