package io.jbox.facts;

import java.util.List;
import java.util.Map;

/**
 * What a compiled start relies on in the host's network.
 *
 * @param links interfaces that the box is connected to
 * @param filter generation of the nftables rules of this network; 0 if they do not matter
 * @param lines that assign addresses to the box
 * @param contents small files that must be the same
 * @param present paths that must exist
 * @param absent paths at which there must be nothing
 */
public record NetworkValidity(
        List<Link> links,
        long filter,
        List<BookLine> lines,
        List<String> contents,
        List<String> present,
        List<String> absent) {
    /** For a box without a connection to the host's network. */
    public static final NetworkValidity NONE =
            new NetworkValidity(List.of(), 0, List.of(), List.of(), List.of(), List.of());

    /**
     * An interface of the host.
     *
     * @param mtu in bytes; 0 if no interface of the box takes it from this link
     * @param addresses by family ({@link io.jbox.config.IpPrefix#V4}, V6): the messages about them, one after another
     */
    public record Link(String name, int index, int mtu, Map<Integer, Addresses> addresses) {}

    /**
     * The answer to RTM_GETADDR.
     *
     * @param length in bytes, without the message that ends it
     * @param pieces the parts to compare: without lifetimes, which count down, and without the id of the requester
     */
    public record Addresses(int length, List<Piece> pieces) {}

    /**
     * Bytes of an answer.
     *
     * @param at their offset
     * @param hex two digits a byte
     */
    public record Piece(int at, String hex) {}
}
