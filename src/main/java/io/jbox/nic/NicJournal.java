package io.jbox.nic;

import io.jbox.json.Json;
import io.jbox.json.JsonReader;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.PathCalls;
import io.jbox.netlink.Link;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.state.Fields;
import io.jbox.state.FileLock;
import io.jbox.state.ReplacedFile;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Rtnl;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The record of host interfaces lent to one box, kept on disk from before the first one moves until the last one is
 * back.
 */
public final class NicJournal {
    /** The folder of all journals, in the boxes' state folder. */
    public static final String FOLDER = ".nics";

    private static final int MAX_SIZE = 16 << 20;

    private final Kernel kernel;
    private final File file;

    /** @param path its file, named like the box */
    public NicJournal(Kernel kernel, String path) {
        this.kernel = kernel;
        this.file = new File(path);
    }

    /** The journal of a box. */
    public static NicJournal of(Kernel kernel, String state, String box) {
        return new NicJournal(kernel, state + "/" + FOLDER + "/" + box);
    }

    /** The boxes that have host interfaces to give back. */
    public static List<String> boxes(String state) {
        String[] names = new File(state, FOLDER).list();
        List<String> boxes = new ArrayList<>();
        for (String name : names == null ? new String[0] : names) {
            if (!name.startsWith(".")) {
                boxes.add(name);
            }
        }
        return boxes;
    }

    /** The lock held while interfaces are brought back. */
    String lockFile() {
        return file.getParent() + "/.lock";
    }

    public boolean exists() {
        return file.exists();
    }

    /**
     * Records the present state of an interface. On return it is on disk.
     *
     * @throws JboxException if it is lent to another box
     */
    public void add(String box, NetlinkSocket host, Link link) throws NetlinkException {
        File folder = file.getParentFile();
        if (folder != null) {
            makeFolder(folder.getPath());
        }
        try (FileLock lock = new FileLock(kernel, lockFile())) {
            Nic added = Nic.read(host, link);
            String[] names = folder == null ? null : folder.list();
            for (String other : names == null ? new String[0] : names) {
                if (!other.startsWith(".")) {
                    refuse(box, other, added, new NicJournal(kernel, folder + "/" + other).read());
                }
            }
            List<Nic> nics = new ArrayList<>(read());
            nics.add(added);
            write(nics, true);
        }
    }

    /** Makes a private folder, since the journal contains hardware addresses and routes. */
    private void makeFolder(String path) {
        try {
            PathCalls.makeFolder(kernel, path, 0700);
        } catch (KernelException e) {
            if (!e.is(Errno.EEXIST)) {
                throw e.about(path + ": mkdirat");
            }
        }
    }

    private static void refuse(String box, String other, Nic wanted, List<Nic> lent) {
        for (Nic nic : lent) {
            boolean same = wanted.hasPermanent()
                    ? nic.identity().permanent().equals(wanted.identity().permanent())
                            && nic.identity().kind().equals(wanted.identity().kind())
                    : nic.location().index() == wanted.location().index()
                            && nic.location().home().equals(wanted.location().home());
            if (same) {
                throw new JboxException(
                        box + ": net: " + wanted.name() + " is in box " + other,
                        "jbox net give-back " + other + " " + nic.name());
            }
        }
    }

    /** Records the index of an interface in the box. */
    public void moved(String name, int inside) {
        try (FileLock lock = new FileLock(kernel, lockFile())) {
            List<Nic> nics = new ArrayList<>();
            for (Nic nic : read()) {
                nics.add(nic.name().equals(name) ? nic.in(inside) : nic);
            }
            write(nics, false);
        }
    }

    /** Removes an interface that is back, or never moved. The caller holds the lock. */
    void forget(String name) {
        List<Nic> nics = new ArrayList<>();
        for (Nic nic : read()) {
            if (!nic.name().equals(name)) {
                nics.add(nic);
            }
        }
        if (!nics.isEmpty()) {
            write(nics, true);
        } else if (!file.delete() && file.exists()) {
            throw new JboxException(file + ": cannot be removed");
        }
    }

    void write(List<Nic> nics, boolean sync) {
        List<Object> list = new ArrayList<>();
        for (Nic nic : nics) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("name", nic.name());
            map.put("home", nic.location().home());
            map.put("index", (long) nic.location().index());
            map.put("inside", (long) nic.location().inside());
            map.put("alt_names", nic.altNames());
            map.put("address", nic.identity().address());
            map.put("permanent", nic.identity().permanent());
            map.put("kind", nic.identity().kind());
            map.put("peer", (long) nic.identity().peer());
            map.put("peer_namespace", (long) nic.identity().peerNamespace());
            map.put("mtu", (long) nic.settings().mtu());
            map.put("queue_length", (long) nic.settings().queueLength());
            map.put("up", nic.isUp());
            map.put("flags", (long) nic.settings().flags());
            map.put("group", (long) nic.settings().group());
            map.put("alias", nic.settings().alias());
            map.put("addresses", nic.addresses());
            map.put("routes", nic.routes());
            list.add(map);
        }
        String aside = file.getParent() + "/." + file.getName() + ".new";
        byte[] bytes = (Json.write(list) + "\n").getBytes(StandardCharsets.UTF_8);
        ReplacedFile.write(kernel, aside, file.getPath(), bytes, sync);
    }

    /**
     * The interfaces that are not back yet; none if there is no journal.
     *
     * @throws JboxException if the file is damaged
     */
    public List<Nic> read() {
        String text;
        try (FileInputStream in = new FileInputStream(file)) {
            text = new String(in.readNBytes(MAX_SIZE), StandardCharsets.UTF_8);
        } catch (IOException e) {
            if (e instanceof FileNotFoundException && !file.exists()) {
                return List.of();
            }
            throw new JboxException("journal " + file + ": " + SystemError.of(e));
        }
        List<Nic> nics = new ArrayList<>();
        try {
            if (!(JsonReader.read(text) instanceof List<?> list)) {
                throw damaged("expected a list");
            }
            for (Object element : list) {
                nics.add(nic(new Fields(element instanceof Map<?, ?> map ? map : Map.of())));
            }
        } catch (JsonReader.MalformedException | Fields.MissingException e) {
            throw damaged(String.valueOf(e.getMessage()));
        }
        return nics;
    }

    private JboxException damaged(String why) {
        return new JboxException(
                "journal " + file + " is damaged: " + why,
                "jbox did not write it like this; it records the host interfaces that are in a box");
    }

    private static Nic nic(Fields fields) throws Fields.MissingException {
        // An earlier jbox recorded only whether it was up; most interfaces have broadcast and multicast.
        long flags = fields.numberIfThere("flags", (fields.bool("up") ? Rtnl.IFF_UP : 0) | Rtnl.IFF_MULTICAST);
        return new Nic(
                fields.text("name"),
                fields.texts("alt_names"),
                new Nic.Location(fields.text("home"), (int) fields.number("index"), (int) fields.number("inside")),
                new Nic.Identity(
                        fields.text("kind"),
                        fields.hex("address"),
                        fields.hex("permanent"),
                        (int) fields.numberIfThere("peer", -1),
                        (int) fields.numberIfThere("peer_namespace", -1)),
                new Nic.Settings(
                        (int) fields.number("mtu"),
                        (int) fields.number("queue_length"),
                        (int) flags,
                        (int) fields.numberIfThere("group", 0),
                        fields.textIfThere("alias")),
                fields.hexes("addresses"),
                fields.hexes("routes"));
    }
}
