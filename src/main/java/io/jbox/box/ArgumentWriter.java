package io.jbox.box;

import io.jbox.kernel.Constants;
import io.jbox.kernel.Op;
import io.jbox.kernel.Processor;
import io.jbox.kernel.Program;
import io.jbox.plan.Arg;
import io.jbox.plan.Descriptor;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns the arguments of a plan into the numbers and addresses of a program. */
final class ArgumentWriter {
    private static final int MODE_BITS = 07777;

    private final Program program;
    private final Processor processor;
    private final Map<Descriptor, Integer> open;
    private final Map<String, Long> cells = new HashMap<>();
    /** Where the address of a cell was written to, for {@link #aim}. */
    private final Map<String, Long> pointers = new HashMap<>();

    private final Map<Arg, Long> written = new IdentityHashMap<>();
    private final int initPid;

    /**
     * @param open the numbers of descriptors that are open already
     * @param initPid of the box's first process, for paths below its /proc; 0 where there are none
     */
    ArgumentWriter(Program program, Map<Descriptor, Integer> open, int initPid) {
        this.program = program;
        this.processor = program.processor();
        this.open = open;
        this.initPid = initPid;
    }

    /** The address of a cell, set aside at its first use. */
    long cell(String name, int bytes) {
        Long address = cells.get(name);
        if (address == null) {
            address = program.space(bytes);
            cells.put(name, address);
        }
        return address;
    }

    /** Lets the call that was to write a cell write to an address instead: an argument of a later call. */
    void aim(String cell, long target) {
        Long pointer = pointers.remove(cell);
        if (pointer == null) {
            throw new IllegalArgumentException("nothing writes [" + cell + "], or it has been read already");
        }
        program.writeLong(pointer, target);
    }

    /** Writes an argument of an op. */
    void write(Op op, int index, Arg argument) {
        if (argument instanceof Arg.ValueOf value) {
            aim(value.cell(), op.argumentAddress(index));
            return;
        }
        op.argument(index, write(argument));
        if (argument instanceof Arg.Cell cell) {
            pointers.put(cell.name(), op.argumentAddress(index));
        }
    }

    /** The value that goes into the argument's register. */
    private long write(Arg argument) {
        if (argument instanceof Arg.Int number) {
            return number.value();
        } else if (argument instanceof Arg.Flags constants) {
            return value(constants.names());
        } else if (argument instanceof Arg.Text text) {
            return program.text(text.text());
        } else if (argument instanceof Arg.Fd fd) {
            return number(fd.descriptor());
        } else if (argument instanceof Arg.Null) {
            return 0;
        } else if (argument instanceof Arg.Mode mode) {
            long type = mode.type().isEmpty() ? 0 : Constants.value(mode.type(), processor);
            return type | mode.bits() & MODE_BITS;
        } else if (argument instanceof Arg.Device device) {
            return (long) device.major() << 8 | device.minor();
        } else if (argument instanceof Arg.Texts texts) {
            // The arguments and environment of every execve of a search are the same ones.
            Long address = written.get(texts);
            if (address == null) {
                address = texts(texts.texts());
                written.put(texts, address);
            }
            return address;
        } else if (argument instanceof Arg.OfInit path) {
            return program.text(path.before() + "/proc/" + initPid + "/" + path.file());
        } else if (argument instanceof Arg.OfProgram path) {
            return program.text("/proc/" + HostProgram.pidOf(number(path.program())) + "/" + path.file());
        } else if (argument instanceof Arg.TerminalPath path) {
            return program.text(pathOf(number(path.terminal())));
        } else if (argument instanceof Arg.DescriptorPaths paths) {
            StringBuilder text = new StringBuilder();
            for (Descriptor descriptor : paths.descriptors()) {
                text.append(text.isEmpty() ? "" : ":").append("/proc/self/fd/").append(number(descriptor));
                text.append(paths.below());
            }
            return program.text(text.toString());
        } else if (argument instanceof Arg.InitPid pid) {
            String digits = Integer.toString(initPid);
            return program.text(digits + " ".repeat(pid.length() - digits.length()));
        } else if (argument instanceof Arg.Cell cell) {
            return cell(cell.name(), cell.bytes());
        } else if (argument instanceof Arg.Signals signals) {
            return program.words(signals.all() ? -1L : 0L);
        } else if (argument instanceof Arg.Filter filter) {
            return program.words(filter.length(), program.bytes(filter.program()));
        } else if (argument instanceof Arg.Pointer pointer) {
            return program.text(pointer.text().text());
        } else if (argument instanceof Arg.Code code) {
            return program.bytes(code.program());
        } else if (argument instanceof Arg.CapabilitySet set) {
            return set.mask();
        } else if (argument instanceof Arg.Pair) {
            return cell(argument.notation(), Long.BYTES);
        } else if (argument instanceof Arg.Struct struct) {
            return struct(struct);
        }
        throw new IllegalArgumentException("not an argument of one call: " + argument.notation());
    }

    /** What a descriptor of ours leads to: a terminal that we have opened, so nobody else has a say in that. */
    private static String pathOf(int descriptor) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
        } catch (IOException e) {
            throw new JboxException("the terminal's path cannot be read: " + SystemError.of(e));
        }
    }

    private long value(List<String> names) {
        long value = 0;
        for (String name : names) {
            value |= Constants.value(name, processor);
        }
        return value;
    }

    private int number(Descriptor descriptor) {
        @Nullable Integer number = open.get(descriptor);
        if (number == null) {
            throw new IllegalArgumentException(descriptor + " is not open");
        }
        return number;
    }

    private long texts(List<String> texts) {
        long[] words = new long[texts.size() + 1];
        for (int i = 0; i < texts.size(); i++) {
            words[i] = program.text(texts.get(i));
        }
        return program.words(words);
    }

    private void number(long address, int bytes, long value) {
        if (bytes >= Long.BYTES) {
            program.writeLong(address, value);
        } else if (bytes == Integer.BYTES) {
            program.writeInt(address, (int) value);
        } else {
            for (int i = 0; i < bytes; i++) {
                program.writeByte(address + i, (byte) (value >>> 8 * i));
            }
        }
    }

    private long struct(Arg.Struct struct) {
        int size = 0;
        for (Arg.Field field : struct.fields()) {
            size += field.bytes();
        }
        long address = program.space(size);
        long at = address;
        for (Arg.Field field : struct.fields()) {
            if (field.value() instanceof Arg.Text text) {
                byte[] bytes = text.text().getBytes(StandardCharsets.UTF_8);
                program.write(at, bytes, Math.min(bytes.length, field.bytes() - 1));
            } else if (field.value() instanceof Arg.ValueOf value) {
                aim(value.cell(), at);
            } else {
                number(at, field.bytes(), write(field.value()));
                if (field.value() instanceof Arg.Cell cell) {
                    pointers.put(cell.name(), at);
                }
            }
            at += field.bytes();
        }
        return address;
    }
}
