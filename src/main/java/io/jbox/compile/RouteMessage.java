package io.jbox.compile;

import io.jbox.netlink.MessageWriter;
import io.jbox.netlink.NetlinkException;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import io.jbox.program.RouteArg;
import io.jbox.uapi.Flag;
import io.jbox.uapi.Processor;
import io.jbox.uapi.Rtnl;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Encodes a plan's rtnetlink messages. */
public final class RouteMessage {
    /** The constants of rtnetlink are the same on all. */
    private static final Processor ANY = Processor.X86_64;

    private final Values values;

    /** Provides values that are not known before the message is sent. */
    public interface Values {
        /** The number for an argument, which is a descriptor or an interface index. */
        long of(Arg argument) throws NetlinkException;

        /** Leaves room for a value that is copied there when the program runs. */
        default void gap(Arg argument, int bytes) {
            throw new IllegalArgumentException("known only when a program runs: " + argument.notation());
        }
    }

    /**
     * A part of a message that is filled in when the program runs.
     *
     * @param at offset in the message
     */
    record Gap(Arg argument, int at, int bytes) {}

    /**
     * A message for a program.
     *
     * @param gaps what is not known yet: 0 in the bytes
     */
    record Encoded(byte[] bytes, List<Gap> gaps) {}

    /** Descriptors' numbers; null for one that is known when the program runs. */
    interface Numbers {
        @Nullable
        Integer of(Descriptor descriptor);
    }

    public RouteMessage(Values values) {
        this.values = values;
    }

    /** Encodes a message for a program, which fills in values that are in cells then. */
    static Encoded encode(RouteArg.Message message, Numbers numbers) {
        MessageWriter writer = new MessageWriter(value(message.type()), flags(message));
        GapValues values = new GapValues(numbers, writer);
        try {
            new RouteMessage(values).write(message, writer);
            return new Encoded(writer.toBytes(), List.copyOf(values.gaps));
        } catch (NetlinkException e) {
            throw new IllegalArgumentException(message.notation(), e);
        }
    }

    /** Leaves gaps. */
    private static final class GapValues implements Values {
        private final Numbers numbers;
        private final List<Gap> gaps = new ArrayList<>();
        private final MessageWriter writer;

        GapValues(Numbers numbers, MessageWriter writer) {
            this.numbers = numbers;
            this.writer = writer;
        }

        @Override
        public long of(Arg argument) {
            if (argument instanceof Arg.Fd fd) {
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

        @Override
        public void gap(Arg argument, int bytes) {
            gaps.add(new Gap(argument, writer.length(), bytes));
        }
    }

    private static int value(Flag flag) {
        return (int) flag.value(ANY);
    }

    private static int flags(RouteArg.Message message) {
        return (int) Flag.value(message.flags(), ANY);
    }

    public MessageWriter write(RouteArg.Message message) throws NetlinkException {
        MessageWriter writer = new MessageWriter(value(message.type()), flags(message));
        write(message, writer);
        return writer;
    }

    private void write(RouteArg.Message message, MessageWriter writer) throws NetlinkException {
        for (Arg.Field field : message.header()) {
            fixed(writer, field.value(), field.bytes());
        }
        write(message.attributes(), writer);
    }

    private void write(List<RouteArg.Attribute> attributes, MessageWriter writer) throws NetlinkException {
        for (RouteArg.Attribute attribute : attributes) {
            attribute.value().by(new Attributes(value(attribute.type()), writer));
        }
    }

    private void fixed(MessageWriter writer, Arg argument, int bytes) throws NetlinkException {
        long value = value(argument);
        for (int i = 0; i < bytes; i++) {
            writer.u8(i < Long.BYTES ? (int) (value >>> 8 * i) : 0);
        }
    }

    /** Writes attributes of one type. */
    private final class Attributes implements RouteArg.ValueWriter<NetlinkException> {
        private final int type;
        private final MessageWriter writer;

        Attributes(int type, MessageWriter writer) {
            this.type = type;
            this.writer = writer;
        }

        @Override
        public void number(RouteArg.Number number) throws NetlinkException {
            int start = writer.begin(type);
            fixed(writer, number.number(), number.bytes());
            writer.end(start);
        }

        @Override
        public void word(RouteArg.Word word) {
            writer.attribute(type, word.text());
        }

        @Override
        public void nested(RouteArg.Attributes nested) throws NetlinkException {
            int start = writer.begin(type | (nested.header().isEmpty() ? Rtnl.NLA_F_NESTED : 0));
            for (Arg.Field inner : nested.header()) {
                fixed(writer, inner.value(), inner.bytes());
            }
            write(nested.attributes(), writer);
            writer.end(start);
        }

        @Override
        public void madeUp(RouteArg.MadeUpName name) {
            int start = writer.begin(type);
            values.gap(name.cell(), name.length());
            writer.raw(new byte[name.length() + 1]).end(start);
        }

        @Override
        public void address(RouteArg.NetworkAddress address) {
            writer.attribute(type, address.bytes());
        }
    }

    private long value(Arg argument) throws NetlinkException {
        if (argument instanceof Arg.Int number) {
            return number.value();
        } else if (argument instanceof Arg.Flags constants) {
            return Flag.value(constants.flags(), ANY);
        }
        return values.of(argument);
    }
}
