package io.jbox.config;

import java.util.Locale;

/** What an interface of a box is ({@code net.N.type}). */
public enum NetType {
    /** No interface: the box has the host's network. */
    NONE,
    /** Only lo. */
    EMPTY,
    /** Outgoing connections through slirp4netns(1). */
    USER,
    /** One end of a pair; the other end is on the host (veth(4)). */
    VETH,
    /** A host interface lent to the box. */
    PHYS,
    /** A second hardware address of a host interface. */
    MACVLAN,
    /** The frames of a host interface that have a tag (IEEE 802.1Q). */
    VLAN,
    /** A second address of a host interface, with its hardware address. */
    IPVLAN;

    private final String word = name().toLowerCase(Locale.ROOT);

    /** The type of a configuration's word. */
    public static NetType of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }

    /** The word in configurations. For the types that the kernel makes it is also the kernel's name. */
    public String word() {
        return word;
    }

    @Override
    public String toString() {
        return word;
    }
}
