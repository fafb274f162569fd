package io.jbox.compile;

import io.jbox.netlink.MessageWriter;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.Rtnl;
import io.jbox.program.Arg;
import io.jbox.program.RouteArg;

/** Encodes a plan's rtnetlink messages. */
public final class RouteMessage {
    // Written out, as elsewhere on the path of a start: a lambda is generated at run time.
    private static final Values KNOWN = new Values() {
        @Override
        public long of(Arg argument) {
            throw new IllegalArgumentException(argument.notation());
        }
    };

    private final Values values;

    /** Provides values that are not known before the message is sent. */
    public interface Values {
        /** The number for an argument, which is a descriptor or an interface index. */
        long of(Arg argument) throws NetlinkException;
    }

    public RouteMessage(Values values) {
        this.values = values;
    }

    /** Encodes a message without unknown values. */
    static byte[] bytes(RouteArg.Message message) {
        try {
            return new RouteMessage(KNOWN).write(message).toBytes();
        } catch (NetlinkException e) {
            throw new IllegalArgumentException(message.notation(), e);
        }
    }

    public MessageWriter write(RouteArg.Message message) throws NetlinkException {
        int flags = 0;
        for (String flag : message.flags()) {
            flags |= Rtnl.value(flag);
        }
        MessageWriter writer = new MessageWriter(Rtnl.value(message.type()), flags);
        for (Arg.Field field : message.header()) {
            fixed(writer, field);
        }
        for (Arg.Field field : message.attributes()) {
            attribute(writer, field);
        }
        return writer;
    }

    private void fixed(MessageWriter writer, Arg.Field field) throws NetlinkException {
        long value = value(field.value());
        for (int i = 0; i < field.bytes(); i++) {
            writer.u8(i < Long.BYTES ? (int) (value >>> 8 * i) : 0);
        }
    }

    private void attribute(MessageWriter writer, Arg.Field field) throws NetlinkException {
        int type = Rtnl.value(field.name());
        if (field.value() instanceof RouteArg.Attributes nested) {
            int start = writer.begin(type | (nested.header().isEmpty() ? Rtnl.NLA_F_NESTED : 0));
            for (Arg.Field inner : nested.header()) {
                fixed(writer, inner);
            }
            for (Arg.Field inner : nested.attributes()) {
                attribute(writer, inner);
            }
            writer.end(start);
        } else if (field.value() instanceof Arg.Text text) {
            writer.attribute(type, text.text());
        } else if (field.value() instanceof RouteArg.NetworkAddress address) {
            writer.attribute(type, address.bytes());
        } else {
            int start = writer.begin(type);
            fixed(writer, field);
            writer.end(start);
        }
    }

    private long value(Arg argument) throws NetlinkException {
        if (argument instanceof Arg.Int number) {
            return number.value();
        } else if (argument instanceof Arg.Flags constants) {
            long value = 0;
            for (String name : constants.names()) {
                value |= Rtnl.value(name);
            }
            return value;
        }
        return values.of(argument);
    }
}
