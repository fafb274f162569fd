package io.jbox.facts;

import java.util.List;

/**
 * The files of a box that ends with its command.
 *
 * @param folder that contains them, locked while a command uses it
 * @param all of them; all are below the folder
 * @param userLink the store's note that the box uses a tree
 */
public record OwnFiles(String folder, List<String> all, String userLink) {
    /** The program that removes them (rm(1)). */
    public static final String RM = "/bin/rm";

    public OwnFiles {
        all = List.copyOf(all);
    }
}
