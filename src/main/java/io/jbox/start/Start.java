package io.jbox.start;

import io.jbox.cli.Main;

/**
 * Where the JVM begins: in a jar of its own, so that a jar of jbox's that is damaged or cut short is an error in words.
 */
public final class Start {
    private static final int FAILED = 125;

    private Start() {}

    public static void main(String[] arguments) {
        try {
            Main.main(arguments);
        } catch (LinkageError e) {
            System.err.println("jbox: its own files are damaged: " + e.getMessage()
                    + " cannot be loaded\n  hint: install jbox" + " anew; in a checkout: mvn package -DskipTests");
            Runtime.getRuntime().halt(FAILED);
        }
    }
}
