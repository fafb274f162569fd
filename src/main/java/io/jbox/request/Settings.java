package io.jbox.request;

import io.jbox.config.BoxFolders;
import io.jbox.facts.NetworkFolders;
import io.jbox.schema.BridgesLoader;
import java.io.File;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The paths that jbox uses.
 *
 * @param home the folder that jbox is installed in
 * @param boxes where boxes are defined
 * @param onlyThese whether to ignore boxes that were started from another folder
 * @param state the folder of the states of running boxes
 * @param searchPath folders in which to look for NAME.yaml
 * @param network the files with the host's side of networks
 * @param ids the folder of the book that assigns host ids to boxes
 * @param store the folder of trees that boxes share
 * @param cache of parsed configurations; null for none
 * @param trustedOwners user ids whose files in the working folder may be found by name
 */
public record Settings(
        String home,
        BoxFolders boxes,
        boolean onlyThese,
        String state,
        List<String> searchPath,
        NetworkFolders network,
        String ids,
        String store,
        @Nullable File cache,
        Set<Integer> trustedOwners) {
    /** The store's name in a folder of boxes. */
    public static final String STORE = ".store";

    /** The folder, beside the store, with notes about projects that have a dev environment. */
    public static final String PROJECTS = ".projects";
    /** Root's state folder. */
    public static final String SYSTEM_STATE = "/run/jbox";

    /** The same with boxes that are defined in another folder. */
    public Settings in(String folder) {
        return new Settings(
                home, new BoxFolders(folder), true, state, searchPath, network, ids, store, cache, trustedOwners);
    }

    /** Root's own, with jbox installed in a folder. */
    public static Settings ofRoot(String home) {
        return new Settings(
                home,
                new BoxFolders(BoxFolders.SYSTEM),
                false,
                SYSTEM_STATE,
                List.of(home + "/examples/configs"),
                new NetworkFolders(SYSTEM_STATE, BoxFolders.SYSTEM + "/.net", BridgesLoader.SYSTEM),
                BoxFolders.SYSTEM + "/.ids",
                BoxFolders.SYSTEM + "/" + STORE,
                null,
                Set.of(0));
    }
}
