package io.jbox.schema;

import io.jbox.config.BadValueException;
import io.jbox.config.IpPrefix;
import io.jbox.config.Syntax;
import java.util.Map;

/** The scalar types below {@code net}. No regular expressions, like {@link Scalars}. */
final class NetScalars {
    /** IFNAMSIZ without the NUL. */
    private static final int MAX_INTERFACE = 15;

    static final Type.Scalar<String> INTERFACE = new Type.Scalar<>("an interface name") {
        @Override
        String parse(String text) throws BadValueException {
            boolean good = !text.isEmpty() && text.length() <= MAX_INTERFACE && !text.equals(".") && !text.equals("..");
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                good &= c > ' ' && c < 0x7f && c != '/' && c != ':';
            }
            Syntax.require(good, "is not an interface name: at most 15 characters, no \"/\", \":\" or space");
            return text;
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.pattern("^(?!\\.{1,2}$)[!-.0-9;-~]{1,15}$");
        }
    };

    static final Type.Scalar<String> HWADDR = new Type.Scalar<>("a hardware address") {
        @Override
        String parse(String text) throws BadValueException {
            boolean good = text.length() == 17;
            for (int i = 0; i < text.length() && good; i++) {
                char c = Character.toLowerCase(text.charAt(i));
                boolean digit = Syntax.isDigit(c) || c >= 'a' && c <= 'f';
                good = i % 3 == 2 ? c == ':' : digit || c == 'x';
                good &= i != 1 || c == 'x' || Character.digit(c, 16) % 2 == 0;
            }
            Syntax.require(
                    good, "is not a unicast hardware address: six pairs of hex digits or x, the second digit even");
            return text;
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.pattern("^[0-9a-fA-FxX][02468aceACExX](:[0-9a-fA-FxX]{2}){5}$");
        }
    };

    static final Type.Scalar<String> FLAG_UP = Scalars.word("up");
    static final Type.Scalar<String> PERMISSION = Scalars.word("deny", "allow");

    static final Type.Scalar<IpPrefix> IPV4_PREFIX = prefix(IpPrefix.V4, false);
    static final Type.Scalar<IpPrefix> IPV6_PREFIX = prefix(IpPrefix.V6, false);
    static final Type.Scalar<IpPrefix> IPV4_ROUTE = prefix(IpPrefix.V4, true);
    static final Type.Scalar<IpPrefix> IPV6_ROUTE = prefix(IpPrefix.V6, true);
    static final Type.Scalar<String> IPV4_GATEWAY = gateway(IpPrefix.V4);
    static final Type.Scalar<String> IPV6_GATEWAY = gateway(IpPrefix.V6);

    private NetScalars() {}

    private static Type.Scalar<IpPrefix> prefix(int family, boolean route) {
        return new Type.Scalar<>("an IPv" + family + (route ? " route" : " address")) {
            @Override
            IpPrefix parse(String text) throws BadValueException {
                return IpPrefix.parse(text, family, route);
            }

            @Override
            Map<String, Object> schema() {
                return Syntax.pattern(IpPrefix.pattern(family));
            }
        };
    }

    private static Type.Scalar<String> gateway(int family) {
        return new Type.Scalar<>("an IPv" + family + " gateway") {
            @Override
            String parse(String text) throws BadValueException {
                if (!text.equals("auto") && !text.equals("dev")) {
                    Syntax.require(
                            text.indexOf('/') < 0 && text.indexOf(' ') < 0,
                            "is not a gateway: an address without prefix length, auto or dev");
                    IpPrefix.parse(text, family, true);
                }
                return text;
            }

            @Override
            Map<String, Object> schema() {
                return Syntax.pattern(family == IpPrefix.V4 ? "^(auto|dev|[0-9.]+)$" : "^(auto|dev|[0-9A-Fa-f:.]+)$");
            }
        };
    }
}
