package io.jbox.facts;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Connections that are to be passed on to a box, or out of one.
 *
 * @param user whether the box's user namespace must be entered before its network
 * @param box whether the other ends are in the box's network
 * @param uid of whoever does it; null for the caller
 */
public record RelayRequest(
        List<Link> links,
        boolean box,
        boolean user,
        @Nullable Long uid,
        @Nullable Long gid) {
    public RelayRequest {
        links = List.copyOf(links);
    }

    /** Where connections are taken, and where they go. */
    public record Link(Endpoint from, Endpoint to) {}

    /**
     * A port of the loopback interface, or a socket in a file.
     *
     * @param path null for a port
     */
    public record Endpoint(int port, @Nullable String path) {
        private static final String TCP = "tcp:";
        private static final String UNIX = "unix:";

        public static Endpoint port(int port) {
            return new Endpoint(port, null);
        }

        public static Endpoint file(String path) {
            return new Endpoint(0, path);
        }

        /** @return null for what is no such text */
        public static @Nullable Endpoint parse(String text) {
            if (text.startsWith(UNIX)) {
                return file(text.substring(UNIX.length()));
            }
            try {
                return text.startsWith(TCP) ? port(Integer.parseInt(text.substring(TCP.length()))) : null;
            } catch (NumberFormatException e) {
                return null;
            }
        }

        /** {@code tcp:8080} or {@code unix:/run/agent}. */
        public String text() {
            return path == null ? TCP + port : UNIX + path;
        }

        /** For people. */
        public String shown() {
            return path == null ? "127.0.0.1:" + port : path;
        }
    }
}
