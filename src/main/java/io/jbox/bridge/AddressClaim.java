package io.jbox.bridge;

import io.jbox.config.IpPrefix;
import io.jbox.config.Net;
import io.jbox.config.Value;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.state.FileLock;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The address that an interface of a box asks for in the {@link AddressBook} of a bridge. */
final class AddressClaim {
    private final AddressBook book;
    private final AddressBook.Owner asker;
    private final Net net;
    private final boolean lasting;
    private final Predicate<String> running;

    /**
     * @param lasting whether the address is the asker's from now on
     * @param running tells whether a box is running
     */
    AddressClaim(AddressBook book, AddressBook.Owner asker, Net net, boolean lasting, Predicate<String> running) {
        this.book = book;
        this.asker = asker;
        this.net = net;
        this.lasting = lasting;
        this.running = running;
    }

    /**
     * Chooses a free one.
     *
     * @param network the bridge's
     */
    IpPrefix choose(IpPrefix network) {
        if (!lasting) {
            IpPrefix chosen = AddressBook.choose(book.read(), network, asker, running);
            return chosen == null ? full(network) : chosen;
        }
        try (FileLock lock = book.lock()) {
            Map<String, AddressBook.Owner> all = book.read();
            all.values().removeIf(AddressBook.Owner::isOfDeadCommand);
            IpPrefix chosen = AddressBook.choose(all, network, asker, running);
            if (chosen == null) {
                return full(network);
            }
            if (!asker.equals(all.put(chosen.text(), asker))) {
                book.write(all);
            }
            return chosen;
        }
    }

    private IpPrefix full(IpPrefix network) {
        throw new JboxException(new Problem(
                asker.box() + ": net: no free address in " + network.network() + ": all belong to running boxes",
                net.place(),
                "give the bridge a larger network, or jbox destroy boxes that are no longer needed"));
    }

    /**
     * The configured addresses, which are the box's unless one belongs to a running box.
     *
     * @param owners receives the boxes that have one of them, by address
     * @return the first; null if there are none
     */
    @Nullable
    IpPrefix note(Map<String, String> owners) {
        if (net.ipv4().addresses().isEmpty()) {
            return null;
        }
        if (!lasting) {
            note(book.read(), owners);
        } else {
            try (FileLock lock = book.lock()) {
                Map<String, AddressBook.Owner> all = book.read();
                if (note(all, owners) && owners.isEmpty()) {
                    all.values().removeIf(asker::equals);
                    for (Value<IpPrefix> value : net.ipv4().addresses()) {
                        all.put(value.get().text(), asker);
                    }
                    book.write(all);
                }
            }
        }
        return net.ipv4().addresses().get(0).get();
    }

    /** Whether the book must be changed. */
    private boolean note(Map<String, AddressBook.Owner> all, Map<String, String> owners) {
        boolean changed = false;
        for (Value<IpPrefix> value : net.ipv4().addresses()) {
            String text = value.get().text();
            AddressBook.Owner owner = all.get(text);
            if (owner != null && !owner.box().equals(asker.box()) && running.test(owner.box())) {
                owners.put(text, owner.box());
            } else {
                changed |= !asker.equals(owner);
            }
        }
        return changed;
    }
}
