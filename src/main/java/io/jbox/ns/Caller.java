package io.jbox.ns;

import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What this process was when it was called, byte by byte: Java has decoded its arguments and environment, and the threads
 * of a JVM block signals of their own.
 *
 * @param pid of this process
 * @param uid effective
 * @param gid effective
 * @param blockedSignals those of the first thread, which runs no Java: the signals that whoever called has blocked
 * @param ignoredSignals as the launcher found them: a JVM takes the signals that it needs
 * @param descriptors what was open; null if the launcher did not say
 * @param folder a descriptor of the working folder, where that is gone and no JVM starts in it; -1 where it is this process's
 * @param arguments of the JVM and the command
 * @param environment {@code NAME=VALUE} each, as it was before the launcher
 */
public record Caller(
        int pid,
        long uid,
        long gid,
        long blockedSignals,
        long ignoredSignals,
        @Nullable List<Integer> descriptors,
        int folder,
        List<byte[]> arguments,
        List<byte[]> environment) {
    /** What the launcher found: the mask of ignored signals, and the numbers of open descriptors. */
    private static final String LAUNCHED = "jbox.caller";

    /** How many parts of the environment there are, each in a variable with its number behind this name. */
    private static final String ENVIRONMENT = "JBOX_ENVIRON";

    private static final String FOLDER = "jbox.folder";

    private static final String FILE = "fd:";

    private static final int HEXADECIMAL = 16;

    /** Reads it from /proc/self. */
    public static Caller read() {
        try {
            int pid = 0;
            long uid = 0;
            long gid = 0;
            long blocked = 0;
            String[] launched = System.getProperty(LAUNCHED, "0").split(",");
            for (String line : Files.readAllLines(Path.of("/proc/self/status"), StandardCharsets.ISO_8859_1)) {
                String value = line.substring(line.indexOf(':') + 1).trim();
                if (line.startsWith("Pid:")) {
                    pid = Integer.parseInt(value);
                } else if (line.startsWith("Uid:")) {
                    uid = Long.parseLong(value.split("\t")[1]);
                } else if (line.startsWith("Gid:")) {
                    gid = Long.parseLong(value.split("\t")[1]);
                } else if (line.startsWith("SigBlk:")) {
                    blocked = Long.parseUnsignedLong(value, HEXADECIMAL);
                }
            }
            return new Caller(
                    pid,
                    uid,
                    gid,
                    blocked,
                    Long.parseUnsignedLong(launched[0], HEXADECIMAL),
                    descriptors(launched),
                    Integer.getInteger(FOLDER, -1),
                    split(Files.readAllBytes(Path.of("/proc/self/cmdline"))),
                    environment(System.getenv(ENVIRONMENT)));
        } catch (IOException e) {
            throw new JboxException("/proc/self: " + SystemError.of(e), "is /proc mounted?");
        }
    }

    private static @Nullable List<Integer> descriptors(String[] launched) {
        if (launched.length == 1) {
            return null;
        }
        List<Integer> descriptors = new ArrayList<>();
        for (int i = 1; i < launched.length; i++) {
            descriptors.add(Integer.valueOf(launched[i]));
        }
        return descriptors;
    }

    /** Whether a signal is ignored. */
    boolean ignores(int signal) {
        return (ignoredSignals >>> signal - 1 & 1) != 0;
    }

    /** The last arguments, of which there are so many. */
    public List<byte[]> lastArguments(int count) {
        return arguments.subList(arguments.size() - count, arguments.size());
    }

    /** A variable of the environment, or null. */
    public @Nullable String variable(String name) {
        return variable(environment, name);
    }

    static @Nullable String variable(List<byte[]> environment, String name) {
        for (byte[] entry : environment) {
            String text = new String(entry, StandardCharsets.UTF_8);
            if (text.startsWith(name + "=")) {
                return text.substring(name.length() + 1);
            }
        }
        return null;
    }

    /** As the launcher found it, byte by byte in hexadecimal, or in a file that is open; what Java has is what a shell has made of it. */
    private static List<byte[]> environment(@Nullable String parts) throws IOException {
        if (parts == null) {
            return split(Files.readAllBytes(Path.of("/proc/self/environ")));
        }
        if (parts.startsWith(FILE)) {
            return split(Files.readAllBytes(Path.of("/proc/self/fd/" + parts.substring(FILE.length()))));
        }
        StringBuilder found = new StringBuilder();
        for (int part = 1; part <= Integer.parseInt(parts); part++) {
            found.append(System.getenv(ENVIRONMENT + "_" + part));
        }
        return split(HexFormat.of().parseHex(found));
    }

    /** The strings of a list in which each ends with a NUL. */
    public static List<byte[]> split(byte[] bytes) {
        List<byte[]> strings = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                strings.add(Arrays.copyOfRange(bytes, start, i));
                start = i + 1;
            }
        }
        return strings;
    }
}
