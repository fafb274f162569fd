package io.jbox.bridge;

import io.jbox.schema.BridgesLoader;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Host files that networks depend on. */
final class NetworkFiles {
    /** machine-id(5). */
    static final String MACHINE_ID = "/etc/machine-id";

    private static final int MACHINE_ID_LENGTH = 32;

    private NetworkFiles() {}

    /** A seed unique to this host (machine-id(5)). */
    static String seed() {
        try (FileInputStream in = new FileInputStream(MACHINE_ID)) {
            return new String(in.readNBytes(MACHINE_ID_LENGTH), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            return "jbox";
        }
    }

    /** The bridge configuration's path, for messages. */
    static String configName() {
        String set = System.getenv("JBOX_NET_CONFIG");
        return set == null ? BridgesLoader.SYSTEM : set;
    }
}
