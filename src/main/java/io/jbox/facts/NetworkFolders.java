package io.jbox.facts;

/**
 * Where the host's side of networks is kept.
 *
 * @param state gone with the next start of the host: {@code /run/jbox}
 * @param lasting which addresses are whose: {@code /var/lib/jbox/.net}
 * @param config the file that names jbox's own bridges
 */
public record NetworkFolders(String state, String lasting, String config) {
    /** What belongs to one bridge. */
    public String of(String bridge) {
        return state + "/.net/" + bridge;
    }
}
