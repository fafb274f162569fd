package io.jbox.bridge;

import io.jbox.config.BadValueException;
import io.jbox.config.CommandName;
import io.jbox.config.IpAddress;
import io.jbox.config.IpPrefix;
import io.jbox.facts.BookLine;
import io.jbox.facts.HardwareAddress;
import io.jbox.facts.NetworkFolders;
import io.jbox.kernel.Kernel;
import io.jbox.state.FileLock;
import io.jbox.state.Folders;
import io.jbox.state.ReplacedFile;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Stores which box has which address in a bridge's network; a box keeps its address for as long as it is defined.
 *
 * <p>A file of lines {@code ADDRESS BOX NUMBER}, where the number is that of the interface in the configuration.
 */
final class AddressBook {
    private static final String LOCK = ".lock";
    private static final int MAX_SIZE = 4 << 20;

    private final Kernel kernel;
    private final File file;

    /** The owner of an address. */
    record Owner(String box, int number) {
        /** Whether it is a command of {@code run} that has ended. */
        boolean isOfDeadCommand() {
            return isOfCommand() && !new File("/proc/" + CommandName.pid(box)).exists();
        }

        private boolean isOfCommand() {
            return !CommandName.pid(box).isEmpty();
        }

        /** Written out: the JVM takes ten milliseconds to make the first such method of a record. */
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Owner && ((Owner) other).box.equals(box) && ((Owner) other).number == number;
        }

        @Override
        public int hashCode() {
            return box.hashCode() + number;
        }
    }

    /** @param bridge that has the network */
    AddressBook(Kernel kernel, NetworkFolders folders, String bridge) {
        this.kernel = kernel;
        this.file = new File(folders.lasting(), bridge);
    }

    /** Locks the book against changes by others until this is closed. */
    FileLock lock() {
        File folder = file.getParentFile();
        Folders.make(folder);
        return new FileLock(kernel, file.getPath() + LOCK);
    }

    /** Returns the owners by address; malformed lines are ignored. */
    Map<String, Owner> read() {
        Map<String, Owner> owners = new HashMap<>();
        String text;
        try (FileInputStream in = new FileInputStream(file)) {
            text = new String(in.readNBytes(MAX_SIZE), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return owners;
        }
        int start = 0;
        for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
            String line = text.substring(start, end);
            start = end + 1;
            int first = line.indexOf(' ');
            int second = line.indexOf(' ', first + 1);
            if (first > 0 && second > first + 1 && isAddress(line.substring(0, first))) {
                try {
                    owners.put(
                            line.substring(0, first),
                            new Owner(line.substring(first + 1, second), Integer.parseInt(line.substring(second + 1))));
                } catch (NumberFormatException e) {
                    continue; // a line written by hand
                }
            }
        }
        return owners;
    }

    private static boolean isAddress(String text) {
        try {
            return IpPrefix.parse(text, IpPrefix.V4, true).text().equals(text);
        } catch (BadValueException e) {
            return false;
        }
    }

    /** The line that assigns an address to an owner. */
    BookLine of(String address, Owner owner) {
        return new BookLine(file.getPath(), file.getPath() + LOCK, line(address, owner));
    }

    private static String line(String address, Owner owner) {
        return address + " " + owner.box + " " + owner.number;
    }

    /** Replaces the book. The caller holds the lock. */
    void write(Map<String, Owner> owners) {
        List<String> lines = new ArrayList<>();
        for (Map.Entry<String, Owner> entry : owners.entrySet()) {
            Owner owner = entry.getValue();
            lines.add(line(entry.getKey(), owner) + "\n");
        }
        lines.sort(null);
        byte[] bytes = String.join("", lines).getBytes(StandardCharsets.UTF_8);
        ReplacedFile.write(kernel, file.getPath() + ".new", file.getPath(), bytes, false);
    }

    /**
     * Chooses the address of an interface: the same as before, else one derived from the box's name, or the next free
     * one.
     *
     * @param network the bridge's own address with its prefix
     * @param running tells whether a box is running: when no address is free, those of the others are taken
     * @return null if there is none left
     */
    static @Nullable IpPrefix choose(
            Map<String, Owner> owners, IpPrefix network, Owner asker, Predicate<String> running) {
        int own = number(network.bytes());
        int mask = -1 << 32 - network.length();
        int hosts = ~mask - 1;
        if (hosts <= 0) {
            return null;
        }
        for (Map.Entry<String, Owner> entry : owners.entrySet()) {
            int had = number(IpAddress.parse(entry.getKey()));
            // The network may have changed since.
            boolean isHost = (had & mask) == (own & mask) && (had & ~mask) != 0 && (had & ~mask) != ~mask;
            if (entry.getValue().equals(asker) && isHost && had != own) {
                return new IpPrefix(entry.getKey(), IpPrefix.V4, network.length(), null);
            }
        }
        int first = (int) Long.remainderUnsigned(HardwareAddress.hash(asker.box + " " + asker.number), hosts);
        String dormant = null;
        for (int i = 0; i < hosts; i++) {
            int candidate = (own & mask) + 1 + (first + i) % hosts;
            String text = IpAddress.format(bytes(candidate));
            Owner owner = owners.get(text);
            if (candidate == own) {
                continue;
            }
            if (owner == null) {
                return new IpPrefix(text, IpPrefix.V4, network.length(), null);
            }
            if (dormant == null && !owner.isOfCommand() && !running.test(owner.box)) {
                dormant = text;
            }
        }
        return dormant == null ? null : new IpPrefix(dormant, IpPrefix.V4, network.length(), null);
    }

    private static int number(byte[] bytes) {
        return (bytes[0] & 0xff) << 24 | (bytes[1] & 0xff) << 16 | (bytes[2] & 0xff) << 8 | bytes[3] & 0xff;
    }

    private static byte[] bytes(int number) {
        return new byte[] {(byte) (number >> 24), (byte) (number >> 16), (byte) (number >> 8), (byte) number};
    }

    /**
     * Releases the addresses of a removed box, and of its slots for commands.
     *
     * @param taken tells of a slot whether a command uses it
     */
    void release(String box, Predicate<String> taken) {
        try (FileLock lock = lock()) {
            Map<String, Owner> owners = read();
            if (owners.values().removeIf(owner -> CommandName.isReleasedWith(box, owner.box, taken))) {
                write(owners);
            }
        }
    }
}
