package io.jbox.life;

import io.jbox.config.Limit;
import io.jbox.facts.Validity;
import io.jbox.host.ResourceLimits;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.state.BoxRecord;
import io.jbox.state.StateFolder;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads what every compiled program relies on. */
final class ProgramValidity implements LaunchSurvey.Validities {
    /** The kernel's random id, which changes at each boot. */
    static final String BOOT = "/proc/sys/kernel/random/boot_id";

    private static final int LARGEST = 0xffff;
    private static final List<String> NAMESPACES = List.of("mnt", "pid", "net", "user", "cgroup", "ipc", "uts");

    private final Kernel kernel;
    private final StateFolder state;
    private final String launcher;

    /** @param launcher absolute path of jbox, as it is called */
    ProgramValidity(BoxRegistry registry, String launcher) {
        this.kernel = registry.kernel();
        this.state = registry.state();
        this.launcher = launcher;
    }

    @Override
    public Validity of(List<String> files, List<String> own, List<String> absent) {
        Map<String, byte[]> statuses = new LinkedHashMap<>();
        for (String file : own) {
            statuses.put(file, status(file, FileStatus.bytesOfLink(kernel, file)));
        }
        Map<String, byte[]> contents = new LinkedHashMap<>();
        for (String file : files) {
            content(file, contents);
        }
        return validity(contents, statuses, absent);
    }

    /**
     * What must stay the same while a box runs.
     *
     * @param absent paths at which there must be nothing
     */
    Validity ofRunning(BoxRecord record, List<String> absent) {
        String box = record.spec().name();
        Map<String, byte[]> contents = new LinkedHashMap<>();
        content(state.specFile(box), contents);
        if (record.spec().confinement().filtered()) {
            content(state.filterFile(box), contents);
        }
        for (String cgroup : record.spec().isolation().cgroups()) {
            for (String file : List.of(cgroup + "/cgroup.freeze", cgroup + "/freezer.state")) {
                if (new File(file).exists()) {
                    content(file, contents);
                }
            }
        }
        return validity(contents, Map.of(), absent);
    }

    private static void content(String path, Map<String, byte[]> contents) {
        // Read in one call: the kernel returns a setting below /proc/sys only to a read from its beginning.
        try (FileInputStream in = new FileInputStream(path)) {
            contents.put(path, comparable(path, in.readNBytes(LARGEST + 1)));
        } catch (IOException e) {
            throw new JboxException(path + ": " + SystemError.of(e));
        }
    }

    /** Refuses long files: a program compares what one read returns, and would miss the rest. */
    static byte[] comparable(String path, byte[] bytes) {
        if (bytes.length > LARGEST) {
            throw new JboxException(path + ": is too large to be compared");
        }
        return bytes;
    }

    /** What must be the same for any program, and the contents of some files. */
    private Validity validity(Map<String, byte[]> files, Map<String, byte[]> own, List<String> absent) {
        Map<String, byte[]> contents = new LinkedHashMap<>();
        content(BOOT, contents);
        contents.putAll(files);
        Map<String, byte[]> identities = identities();
        Map<String, String> links = new LinkedHashMap<>();
        for (String namespace : NAMESPACES) {
            String path = "/proc/self/ns/" + namespace;
            try {
                links.put(path, Files.readSymbolicLink(Path.of(path)).toString());
            } catch (IOException e) {
                throw new JboxException(path + ": " + SystemError.of(e));
            }
        }
        return new Validity(contents, identities, own, absent, links, limits(), OwnProcess.capabilities(kernel));
    }

    /**
     * What must stay the same for a namespace tool, which concerns no box: jbox, and the files that the tool depends
     * on.
     */
    Validity ofTool(List<String> files, List<String> identified, List<String> absent) {
        Map<String, byte[]> contents = new LinkedHashMap<>();
        files.forEach(file -> content(file, contents));
        Map<String, byte[]> identities = identities();
        identified.forEach(file -> identity(file, identities));
        return new Validity(
                contents, identities, Map.of(), absent, Map.of(), Map.of(), OwnProcess.capabilities(kernel));
    }

    private Map<String, byte[]> identities() {
        Map<String, byte[]> identities = new LinkedHashMap<>();
        identity(launcher, identities);
        // The file that the launcher of a distribution executes.
        if (script(launcher).exists()) {
            identity(script(launcher).getPath(), identities);
        }
        for (String jar : System.getProperty("java.class.path", "").split(":")) {
            identity(jar, identities);
        }
        String java = System.getProperty("java.home");
        identity(java + "/bin/java", identities);
        identity(java + "/release", identities);
        return identities;
    }

    /** The script that the launcher of a distribution executes; a checkout has none. */
    static File script(String launcher) {
        return new File(new File(launcher).getParent(), "../libexec/jbox");
    }

    private void identity(String path, Map<String, byte[]> identities) {
        identities.put(path, status(path, FileStatus.bytes(kernel, path)));
    }

    private static byte[] status(String path, byte @Nullable [] status) {
        if (status == null) {
            throw new JboxException(path + ": cannot be looked at");
        }
        return status;
    }

    private Map<String, byte[]> limits() {
        Map<String, byte[]> limits = new LinkedHashMap<>();
        for (Map.Entry<String, Limit> entry : ResourceLimits.read(kernel).entrySet()) {
            byte[] both = ByteBuffer.allocate(2 * Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(entry.getValue().soft())
                    .putLong(entry.getValue().hard())
                    .array();
            limits.put(entry.getKey(), both);
        }
        return limits;
    }
}
