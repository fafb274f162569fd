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

        void gap(Arg argument, int bytes) {
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
        for (RouteArg.Attribute attribute : message.attributes()) {
            attribute(writer, attribute);
        }
    }

    private void fixed(MessageWriter writer, Arg argument, int bytes) throws NetlinkException {
        long value = value(argument);
        for (int i = 0; i < bytes; i++) {
            writer.u8(i < Long.BYTES ? (int) (value >>> 8 * i) : 0);
        }
    }

    private void attribute(MessageWriter writer, RouteArg.Attribute attribute) throws NetlinkException {
        int type = value(attribute.type());
        if (attribute.value() instanceof RouteArg.Attributes nested) {
            int start = writer.begin(type | (nested.header().isEmpty() ? Rtnl.NLA_F_NESTED : 0));
            for (Arg.Field inner : nested.header()) {
                fixed(writer, inner.value(), inner.bytes());
            }
            for (RouteArg.Attribute inner : nested.attributes()) {
                attribute(writer, inner);
            }
            writer.end(start);
        } else if (attribute.value() instanceof Arg.Text text) {
            writer.attribute(type, text.text());
        } else if (attribute.value() instanceof RouteArg.MadeUpName name && values instanceof GapValues gaps) {
            int start = writer.begin(type);
            gaps.gap(name.cell(), name.length());
            writer.raw(new byte[name.length() + 1]).end(start);
        } else if (attribute.value() instanceof RouteArg.NetworkAddress address) {
            writer.attribute(type, address.bytes());
        } else {
            int start = writer.begin(type);
            fixed(writer, attribute.value(), attribute.bytes());
            writer.end(start);
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
