package io.jbox.config;

/**
 * A port on the host's loopback that leads to a port on the box's loopback.
 *
 * @param host on 127.0.0.1 of the host
 * @param box on 127.0.0.1 of the box
 */
public record PublishedPort(int host, int box) {
    private static final int MOST = 65_535;

    /** Accepts {@code PORT} and {@code HOST:BOX}. */
    public static PublishedPort parse(String text) throws BadValueException {
        int colon = text.indexOf(':');
        try {
            long host = Syntax.parseNumber(colon < 0 ? text : text.substring(0, colon), 1, MOST);
            long box = colon < 0 ? host : Syntax.parseNumber(text.substring(colon + 1), 1, MOST);
            return new PublishedPort((int) host, (int) box);
        } catch (BadValueException e) {
            String hint = text.indexOf(':', colon + 1) >= 0
                    ? "ports are published on 127.0.0.1 only"
                    : text.indexOf('/') >= 0 ? "ports are those of TCP" : null;
            throw new BadValueException("is not PORT or HOST:BOX, numbers from 1 to " + MOST, hint);
        }
    }

    @Override
    public String toString() {
        return host == box ? Integer.toString(host) : host + ":" + box;
    }
}
