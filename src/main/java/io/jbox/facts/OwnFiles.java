package io.jbox.facts;

/**
 * The files of a box that ends with its command.
 *
 * @param folder that is removed
 * @param upper folder of the box's overlay, in it
 * @param userLink by which the store knows that the box uses a tree
 */
public record OwnFiles(String folder, String upper, String userLink) {
    /** The program that removes them (rm(1)). */
    public static final String RM = "/bin/rm";
}
