package io.jbox.program;

import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.List;

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
    }

    /** The length of a message in bytes. */
    record LengthOf(Message message) implements RouteArg {
        @Override
        public String notation() {
            return "length";
        }
    }

    /** Nested attributes, after the fields of a structure if there is one. */
    record Attributes(List<Arg.Field> header, List<Attribute> attributes) implements RouteArg {
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
    }

    /**
     * One attribute.
     *
     * @param bytes size of a number; 0 for a value that has a size of its own
     */
    record Attribute(Flag type, int bytes, Arg value) {
        public static Attribute of(Flag type, Arg value) {
            return new Attribute(type, 0, value);
        }

        /** A number of 32 bits. */
        public static Attribute of32(Flag type, Arg value) {
            return new Attribute(type, Integer.BYTES, value);
        }
    }

    /** The index of an interface in the network of the socket that carries the message. */
    record LinkIndex(String name) implements RouteArg {
        @Override
        public String notation() {
            return "if_nametoindex(" + Quotation.of(name) + ")";
        }
    }

    /**
     * The name of an interface that is made up when the program runs.
     *
     * @param length in bytes
     */
    record MadeUpName(Arg.Cell cell, int length) implements RouteArg {
        @Override
        public String notation() {
            return cell.notation();
        }
    }

    /** A hardware, IPv4 or IPv6 address, with its text. */
    record NetworkAddress(String text, byte[] bytes) implements RouteArg {
        @Override
        public String notation() {
            return text;
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
