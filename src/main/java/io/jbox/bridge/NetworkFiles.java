package io.jbox.bridge;

import io.jbox.schema.BridgesLoader;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Files of the host's that networks depend on. */
final class NetworkFiles {
    private static final int MACHINE_ID = 32;

    private NetworkFiles() {}

    /** What tells this host from others (machine-id(5)). */
    static String seed() {
        try (FileInputStream in = new FileInputStream("/etc/machine-id")) {
            return new String(in.readNBytes(MACHINE_ID), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            return "jbox";
        }
    }

    /** Where bridges are configured, for people. */
    static String configName() {
        String set = System.getenv("JBOX_NET_CONFIG");
        return set == null ? BridgesLoader.SYSTEM : set;
    }
}
