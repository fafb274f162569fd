package io.jbox.bridge;

import io.jbox.config.Bridge;
import io.jbox.config.IpAddress;
import io.jbox.config.IpPrefix;
import io.jbox.config.Value;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.Pidfd;
import io.jbox.number.Pid;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.state.ProcessId;
import io.jbox.state.ReplacedFile;
import io.jbox.uapi.Constants;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Manages the dnsmasq process of one bridge, which gives boxes their addresses and resolves their names.
 *
 * <p>A box's address and name are files that dnsmasq notices by itself (dhcp-hostsdir, hostsdir); names that boxes
 * claim in their requests are ignored.
 */
final class Dnsmasq {
    private static final String RANGE_TIME = "1h";
    private static final long END_MILLIS = 2_000;
    private static final long PAUSE_MILLIS = 10;

    private final Kernel kernel;
    private final Bridge bridge;
    private final String folder;

    /** @param folder of the bridge */
    Dnsmasq(Kernel kernel, Bridge bridge, String folder) {
        this.kernel = kernel;
        this.bridge = bridge;
        this.folder = folder;
    }

    /** Names the missing program; null if nothing is missing. */
    static @Nullable String missing() {
        return Command.find("dnsmasq") == null
                ? "dnsmasq (package dnsmasq-base): boxes have addresses, but cannot look up names of others or use DHCP"
                : null;
    }

    private File pidFile() {
        return new File(folder, "dnsmasq.pid");
    }

    /** The process that serves the bridge, or null. */
    @Nullable
    ProcessId find() {
        try {
            int pid = Integer.parseInt(Files.readString(pidFile().toPath()).strip());
            String line = Files.readString(Path.of(commandLine(pid)), StandardCharsets.ISO_8859_1);
            // No other process has this file among its arguments.
            return line.contains("--pid-file=" + pidFile()) ? ProcessId.find(new Pid(pid)) : null;
        } catch (IOException | NumberFormatException e) {
            return null;
        }
    }

    /**
     * Whether the running process serves this very bridge: it does not notice if the bridge is recreated under the same
     * name.
     */
    boolean serves(int index) {
        try {
            return find() != null && Files.readString(linkFile().toPath()).equals(Integer.toString(index));
        } catch (IOException e) {
            return false;
        }
    }

    /** What {@link #serves} goes by, where it says yes, or nothing is to be served. */
    void reliesOn(Reliance reliance) {
        if (!bridge.dhcp()) {
            return;
        }
        if (missing() != null) {
            Command.absent("dnsmasq", reliance);
            return;
        }
        reliance.content(pidFile().getPath());
        reliance.content(linkFile().getPath());
        ProcessId process = find();
        if (process != null) {
            reliance.content(commandLine(process.pid().number()));
        }
    }

    /** What {@link #register} has written of an interface. */
    void reliesOn(Reliance reliance, String box, int number, boolean leased) {
        String name = "/" + box + "#" + number;
        reliance.file(folder + "/names" + name);
        if (leased) {
            reliance.file(folder + "/dhcp" + name);
        }
    }

    /** What {@link #forget} would remove is not there. */
    void reliesOnNone(Reliance reliance, String box, int number) {
        String name = "/" + box + "#" + number;
        reliance.absent(folder + "/names" + name);
        reliance.absent(folder + "/dhcp" + name);
    }

    private static String commandLine(int pid) {
        return "/proc/" + pid + "/cmdline";
    }

    private File linkFile() {
        return new File(folder, "dnsmasq.link");
    }

    /**
     * Starts dnsmasq if it is not running; false if it is not installed.
     *
     * @param index of the bridge
     */
    boolean start(int index) {
        if (serves(index)) {
            return true;
        }
        stop();
        String program = Command.find("dnsmasq");
        if (program == null) {
            return false;
        }
        for (String name : List.of("dhcp", "names")) {
            makeReadable(new File(folder, name));
        }
        IpPrefix own = bridge.ipv4().get();
        List<String> words = new ArrayList<>(List.of(
                program,
                "--conf-file=/dev/null",
                "--pid-file=" + pidFile(),
                "--user=" + user(),
                "--bind-interfaces",
                "--interface=" + bridge.name(),
                "--except-interface=lo",
                "--no-hosts",
                "--hostsdir=" + folder + "/names",
                "--domain=" + bridge.domain(),
                "--local=/" + bridge.domain() + "/",
                "--expand-hosts",
                "--domain-needed",
                "--dhcp-range=" + range(own),
                "--dhcp-hostsdir=" + folder + "/dhcp",
                "--dhcp-leasefile=" + folder + "/leases",
                "--dhcp-lease-max=65536",
                "--dhcp-authoritative",
                "--dhcp-no-override",
                "--dhcp-ignore-names",
                "--no-ping",
                "--quiet-dhcp",
                "--quiet-dhcp6",
                "--quiet-ra"));
        Value<IpPrefix> ipv6 = bridge.ipv6();
        if (ipv6 != null) {
            words.add("--enable-ra");
            words.add("--dhcp-range=::,constructor:" + bridge.name() + ",ra-only");
        }
        try {
            Command.run(words, "");
            Files.writeString(linkFile().toPath(), Integer.toString(index));
        } catch (IOException e) {
            throw new JboxException("bridge " + bridge.name() + ": " + SystemError.of(e));
        } catch (JboxException e) {
            throw new JboxException(
                    "bridge " + bridge.name() + ": " + e.getMessage(),
                    "if another dnsmasq serves all interfaces, give it bind-interfaces or except-interface="
                            + bridge.name());
        }
        return true;
    }

    private static String user() {
        try {
            return Files.readString(Path.of("/etc/passwd")).contains("dnsmasq:") ? "dnsmasq" : "nobody";
        } catch (IOException e) {
            return "nobody";
        }
    }

    /** The DHCP range: only known boxes are served, each with its own address, which is never given to others. */
    private static String range(IpPrefix own) {
        byte[] network = own.bytes();
        byte[] mask = new byte[4];
        for (int bit = 0; bit < 32; bit++) {
            int value = 0x80 >> bit % 8;
            if (bit < own.length()) {
                mask[bit / 8] |= (byte) value;
            } else {
                network[bit / 8] &= (byte) ~value;
            }
        }
        return IpAddress.format(network) + ",static," + IpAddress.format(mask) + "," + RANGE_TIME;
    }

    /** dnsmasq drops root before it reads the files. */
    private static void makeReadable(File folder) {
        if (!folder.mkdirs() && !folder.isDirectory()
                || !folder.setReadable(true, false)
                || !folder.setExecutable(true, false)) {
            throw new JboxException(folder + ": cannot be made");
        }
    }

    /** Stops it, and returns when it has ended. */
    void stop() {
        ProcessId process = find();
        if (process != null) {
            signal(process, Constants.SIGTERM);
            long end = System.currentTimeMillis() + END_MILLIS;
            while (process.isAlive() && System.currentTimeMillis() < end) {
                try {
                    Thread.sleep(PAUSE_MILLIS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
        if (!pidFile().delete() && pidFile().exists()) {
            throw new JboxException(pidFile() + ": cannot be removed");
        }
    }

    /**
     * Registers the address for a box's interface, and the name that resolves to it.
     *
     * @param file unique name for the interface
     * @param hardware null for a box that does not use DHCP
     */
    void register(String file, String box, String address, @Nullable String hardware) {
        replace("names", file, address + " " + box + "\n");
        if (hardware != null) {
            replace("dhcp", file, hardware + "," + address + "," + RANGE_TIME + "\n");
        }
    }

    private void replace(String kind, String name, String text) {
        Path of = Path.of(folder, kind);
        Path file = of.resolve(name);
        if (!Files.isDirectory(of)) {
            return;
        }
        try {
            if (Files.exists(file) && Files.readString(file).equals(text)) {
                return;
            }
        } catch (IOException e) {
            throw new JboxException(file + ": " + SystemError.of(e));
        }
        // Under a temporary name that dnsmasq does not read.
        String aside = of.resolve("." + name).toString();
        ReplacedFile.writeReadable(kernel, aside, file.toString(), text.getBytes(StandardCharsets.UTF_8));
    }

    /** Removes the interfaces of a box from a number on. dnsmasq forgets them when it is told to reload. */
    void forget(String box, int first) {
        boolean any = false;
        for (String kind : List.of("dhcp", "names")) {
            String[] names = new File(folder, kind).list();
            for (String name : names == null ? new String[0] : names) {
                if (isOf(name, box, first) && new File(folder + "/" + kind, name).delete()) {
                    any = true;
                }
            }
        }
        ProcessId process = any ? find() : null;
        if (process != null) {
            signal(process, Constants.SIGHUP);
        }
    }

    private static boolean isOf(String file, String box, int first) {
        int mark = file.lastIndexOf('#');
        try {
            return mark == box.length() && file.startsWith(box) && Integer.parseInt(file.substring(mark + 1)) >= first;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /** Signals a process, checked again when its id can no longer be reused. */
    private void signal(ProcessId process, int signal) {
        try (Fd pidfd = Pidfd.open(kernel, process.pid())) {
            if (process.equals(find())) {
                Pidfd.signal(pidfd, signal);
            }
        } catch (KernelException e) {
            // ESRCH: it has ended.
            return;
        }
    }
}
