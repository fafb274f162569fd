package io.jbox.ns;

import io.jbox.facts.Caller;
import io.jbox.problem.JboxException;
import io.jbox.problem.RawText;
import io.jbox.problem.SystemError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the state of this process when it was called, from /proc/self and from the launcher. */
public final class CallerReader {
    /** What the launcher found: the mask of ignored signals, and the numbers of open descriptors. */
    private static final String LAUNCHED = "jbox.caller";

    /** The number of parts of the environment; each is in a variable named like this with its number appended. */
    private static final String ENVIRONMENT = "JBOX_ENVIRON";

    private static final String FOLDER = "jbox.folder";

    private static final String FILE = "fd:";

    private static final int HEXADECIMAL = 16;

    private CallerReader() {}

    /** @throws JboxException if there is no /proc */
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
                    RawText.split(Files.readAllBytes(Path.of("/proc/self/cmdline"))),
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

    /**
     * Decodes the environment from the launcher, in hexadecimal or in an open file: Java only has the shell's version
     * of it.
     */
    private static List<String> environment(@Nullable String parts) throws IOException {
        if (parts == null) {
            return RawText.split(Files.readAllBytes(Path.of("/proc/self/environ")));
        }
        if (parts.startsWith(FILE)) {
            return RawText.split(Files.readAllBytes(Path.of("/proc/self/fd/" + parts.substring(FILE.length()))));
        }
        StringBuilder found = new StringBuilder();
        for (int part = 1; part <= Integer.parseInt(parts); part++) {
            found.append(System.getenv(ENVIRONMENT + "_" + part));
        }
        return RawText.split(HexFormat.of().parseHex(found));
    }
}
