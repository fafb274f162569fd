package io.jbox.start;

import io.jbox.cli.Main;

/**
 * Starts {@link Main}. It is in a jar of its own, so that a damaged jar of jbox is reported in one line.
 */
public final class Start {
    private static final int FAILED = 125;

    private Start() {}

    public static void main(String[] arguments) {
        try {
            Main.main(arguments);
        } catch (LinkageError e) {
            System.err.println("jbox: jbox's own files are damaged or unreadable: " + e.getMessage()
                    + "\n  hint: reinstall or rebuild it");
            Runtime.getRuntime().halt(FAILED);
        }
    }
}
