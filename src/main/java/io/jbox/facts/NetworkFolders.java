package io.jbox.facts;

/**
 * The files in which the host's side of networks is stored.
 *
 * @param state cleared when the host reboots: {@code /run/jbox}
 * @param lasting the owners of addresses: {@code /var/lib/jbox/.net}
 * @param config the file that defines jbox's bridges
 */
public record NetworkFolders(String state, String lasting, String config) {
    /** The folder of one bridge. */
    public String of(String bridge) {
        return state + "/.net/" + bridge;
    }
}
