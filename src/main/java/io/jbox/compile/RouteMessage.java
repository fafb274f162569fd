package io.jbox.compile;

import io.jbox.netlink.MessageWriter;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import io.jbox.program.RouteArg;
import io.jbox.uapi.Flag;
import io.jbox.uapi.Processor;
import io.jbox.uapi.Rtnl;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Encodes one of a plan's rtnetlink messages; what is known only when the program runs is a gap in it. */
final class RouteMessage {
    /** The constants of rtnetlink are the same on all. */
    private static final Processor ANY = Processor.X86_64;

    private final Numbers numbers;
    private final MessageWriter writer;
    private final List<Gap> gaps = new ArrayList<>();

    /**
     * A part of a message that is filled in when the program runs.
     *
     * @param at offset in the message
     */
    record Gap(Arg argument, int at, int bytes) {}

    /**
     * A message for a program.
     *
     * @param gaps values that are not known yet, and 0 in the bytes
     */
    record Encoded(byte[] bytes, List<Gap> gaps) {}

    /** Descriptors' numbers; null for one that is known when the program runs. */
    interface Numbers {
        @Nullable
        Integer of(Descriptor descriptor);
    }

    private RouteMessage(Numbers numbers, MessageWriter writer) {
        this.numbers = numbers;
        this.writer = writer;
    }

    static Encoded encode(RouteArg.Message message, Numbers numbers) {
        MessageWriter writer = new MessageWriter(value(message.type()), (int) Flag.value(message.flags(), ANY));
        RouteMessage encoding = new RouteMessage(numbers, writer);
        encoding.fields(message.header());
        encoding.attributes(message.attributes());
        return new Encoded(writer.toBytes(), List.copyOf(encoding.gaps));
    }

    private static int value(Flag flag) {
        return (int) flag.value(ANY);
    }

    private void fields(List<Arg.Field> fields) {
        for (Arg.Field field : fields) {
            number(field.value(), field.bytes());
        }
    }

    private void attributes(List<RouteArg.Attribute> attributes) {
        for (RouteArg.Attribute attribute : attributes) {
            attribute.value().by(new Attribute(value(attribute.type())));
        }
    }

    private void number(Arg argument, int bytes) {
        long value = value(argument);
        for (int i = 0; i < bytes; i++) {
            writer.u8(i < Long.BYTES ? (int) (value >>> 8 * i) : 0);
        }
    }

    /** The value of a number; 0 with a gap if it is not known. */
    private long value(Arg argument) {
        if (argument instanceof Arg.Int number) {
            return number.value();
        } else if (argument instanceof Arg.Flags constants) {
            return Flag.value(constants.flags(), ANY);
        } else if (argument instanceof Arg.Fd fd) {
            Integer number = numbers.of(fd.descriptor());
            if (number != null) {
                return number;
            }
        } else if (!(argument instanceof Arg.ValueOf)) {
            throw new IllegalArgumentException(argument.notation());
        }
        gap(argument, Integer.BYTES);
        return 0;
    }

    private void gap(Arg argument, int bytes) {
        gaps.add(new Gap(argument, writer.length(), bytes));
    }

    /** Writes attributes of one type. */
    private final class Attribute implements RouteArg.ValueWriter {
        private final int type;

        Attribute(int type) {
            this.type = type;
        }

        @Override
        public void number(RouteArg.Number number) {
            int start = writer.begin(type);
            RouteMessage.this.number(number.number(), number.bytes());
            writer.end(start);
        }

        @Override
        public void word(RouteArg.Word word) {
            writer.attribute(type, word.text());
        }

        @Override
        public void nested(RouteArg.Attributes nested) {
            int start = writer.begin(type | (nested.header().isEmpty() ? Rtnl.NLA_F_NESTED : 0));
            fields(nested.header());
            attributes(nested.attributes());
            writer.end(start);
        }

        @Override
        public void madeUp(RouteArg.MadeUpName name) {
            int start = writer.begin(type);
            gap(name.cell(), name.length());
            writer.raw(new byte[name.length() + 1]).end(start);
        }

        @Override
        public void address(RouteArg.NetworkAddress address) {
            writer.attribute(type, address.bytes());
        }
    }
}
