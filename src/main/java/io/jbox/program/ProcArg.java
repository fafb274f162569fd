package io.jbox.program;

import java.util.List;

/** A text that is known only when a process or a descriptor exists: its id, or a path below /proc. */
public sealed interface ProcArg extends Arg {
    /**
     * A path below the /proc directory of the box's first process, as the host sees it.
     *
     * @param before what stands before it in the same text
     */
    record OfInit(String file, String before) implements ProcArg {
        public OfInit(String file) {
            this(file, "");
        }

        @Override
        public String notation() {
            return "\"" + before + "/proc/INIT/" + file + "\"";
        }

        @Override
        public long encode(Encoder encoder) {
            return encoder.text(before + "/proc/" + encoder.initPid() + "/" + file);
        }
    }

    /** The id of the first process in the host's PID namespace, among the words of a host program. */
    record InitPid() implements ProcArg {
        @Override
        public String notation() {
            return "\"INIT\"";
        }
    }

    /** The id, as text, of a host program that an earlier call started and has a pidfd of. */
    record PidOf(Descriptor program) implements ProcArg {
        @Override
        public String notation() {
            return "\"" + program + "\"";
        }
    }

    /** A path below the /proc directory of such a program. */
    record OfProgram(Descriptor program, String file) implements ProcArg {
        @Override
        public String notation() {
            return "\"/proc/" + program + "/" + file + "\"";
        }

        @Override
        public long encode(Encoder encoder) {
            return encoder.text("/proc/" + encoder.pidOf(program) + "/" + file);
        }
    }

    /** The path of a terminal, for opening it again. */
    record TerminalPath(Descriptor terminal) implements ProcArg {
        @Override
        public String notation() {
            return "ttyname(" + terminal + ")";
        }

        @Override
        public long encode(Encoder encoder) {
            return encoder.text(encoder.pathOf(terminal));
        }
    }

    /** Colon-separated paths of descriptors, each followed by a path below it. */
    record DescriptorPaths(List<Descriptor> descriptors, String below) implements ProcArg {
        @Override
        public String notation() {
            StringBuilder out = new StringBuilder();
            for (Descriptor descriptor : descriptors) {
                out.append(out.isEmpty() ? "" : ":")
                        .append("/proc/self/fd/")
                        .append(descriptor)
                        .append(below);
            }
            return Quotation.of(out.toString());
        }

        @Override
        public long encode(Encoder encoder) {
            StringBuilder text = new StringBuilder();
            for (Descriptor descriptor : descriptors) {
                text.append(text.isEmpty() ? "" : ":")
                        .append("/proc/self/fd/")
                        .append(encoder.number(descriptor))
                        .append(below);
            }
            return encoder.text(text.toString());
        }
    }
}
