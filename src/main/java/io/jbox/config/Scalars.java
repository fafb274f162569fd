package io.jbox.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** The single values that configuration keys take. */
final class Scalars {
    private static final Map<String, Object> ANY = Map.of("type", List.of("string", "number", "boolean"));

    /** Text that goes to the kernel as a C string. */
    static final Type.Scalar<String> TEXT = new Type.Scalar<>("text", ANY, Scalars::text);

    static final Type.Scalar<String> PATH = matching("a path", "^[^\\u0000]+$", "is not a path");

    static final Type.Scalar<Boolean> BOOL = new Type.Scalar<>(
            "true or false",
            Map.of(
                    "anyOf",
                    List.of(
                            Map.of("type", "boolean"),
                            Map.of("enum", List.of(0, 1, "0", "1", "yes", "no", "on", "off")))),
            Scalars::bool);

    static final Type.Scalar<String> BOX_NAME = matching(
            "a name",
            "^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$",
            "is not a box name: letters, digits, \"_\", \".\" and \"-\", at most 63, beginning with a letter or digit");

    static final Type.Scalar<String> HOST_NAME = matching(
            "a host name",
            "^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$",
            "is not a host name: letters, digits, \".\" and \"-\", at most 64");

    static final Type.Scalar<String> ENVIRONMENT =
            matching("NAME=VALUE", "^[A-Za-z_][A-Za-z0-9_.-]*=[^\\u0000]*$", "is not NAME=VALUE");

    static final Type.Scalar<String> INTERFACE = matching(
            "an interface name",
            "^(?!\\.{1,2}$)[^/:\\s\\u0000]{1,15}$",
            "is not an interface name: at most 15 characters, no \"/\", \":\" or space");

    static final Type.Scalar<String> HWADDR = matching(
            "a hardware address",
            "^[0-9a-fA-F][02468aceACExX](:[0-9a-fA-FxX]{2}){5}$",
            "is not a unicast hardware address: six pairs of hex digits or x, the second digit even");

    static final Type.Scalar<String> FLAG_UP = word("up");

    static final Type.Scalar<String> SYSCTL_NAME = matching(
            "a sysctl", "^[a-z0-9_]+([./][A-Za-z0-9_-]+)+$", "is not a sysctl name such as net.ipv4.ip_forward");

    static final Type.Scalar<Capability> CAPABILITY = new Type.Scalar<>(
            "a capability", Map.of("type", "string", "pattern", Capability.pattern()), Capability::parse);

    static final Type.Scalar<Signal> SIGNAL = new Type.Scalar<>(
            "a signal",
            anyOf(
                    Map.of("type", "integer", "minimum", 1, "maximum", 64),
                    Map.of("type", "string", "pattern", Signal.PATTERN)),
            Signal::parse);

    static final Type.Scalar<Namespace> NAMESPACE =
            new Type.Scalar<>("a namespace", Map.of("enum", Namespace.names()), Namespace::parse);

    static final Type.Scalar<IpPrefix> IPV4_PREFIX = new Type.Scalar<>(
            "an IPv4 address",
            Map.of("type", "string", "pattern", IpPrefix.V4_PATTERN + "|^auto$"),
            text -> IpPrefix.parse(text, IpPrefix.V4));

    static final Type.Scalar<IpPrefix> IPV6_PREFIX = new Type.Scalar<>(
            "an IPv6 address",
            Map.of("type", "string", "pattern", "^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(/[0-9]{1,3})?$|^auto$"),
            text -> IpPrefix.parse(text, IpPrefix.V6));

    static final Type.Scalar<String> IPV4_GATEWAY = new Type.Scalar<>(
            "an IPv4 gateway",
            Map.of("type", "string", "pattern", "^(auto|dev|([0-9]{1,3}\\.){3}[0-9]{1,3})$"),
            text -> gateway(text, IpPrefix.V4));

    static final Type.Scalar<String> IPV6_GATEWAY = new Type.Scalar<>(
            "an IPv6 gateway",
            Map.of("type", "string", "pattern", "^(auto|dev|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$"),
            text -> gateway(text, IpPrefix.V6));

    static final Type.Scalar<Limit> LIMIT = new Type.Scalar<>(
            "a limit",
            anyOf(Map.of("type", "integer", "minimum", 0), Map.of("type", "string", "pattern", Limit.PATTERN)),
            Limit::parse);

    static final Type.Scalar<IdMapping> ID_MAPPING = new Type.Scalar<>(
            "an id mapping", Map.of("type", "string", "pattern", IdMapping.PATTERN), IdMapping::parse);

    static final Type.Scalar<MountEntry> MOUNT_ENTRY = new Type.Scalar<>(
            "an fstab line", Map.of("type", "string", "pattern", "^\\s*\\S+\\s+\\S+\\s+\\S+"), MountEntry::parse);

    static final Type.Scalar<RootfsPath> ROOTFS_PATH = new Type.Scalar<>(
            "a path",
            Map.of("type", "string", "pattern", "^(?!overlay:)[^\\u0000]+$|^overlay:[^:]+(:[^:]+)+$"),
            RootfsPath::parse);

    private Scalars() {}

    /** A whole number within bounds, both allowed. */
    static Type.Scalar<Long> number(long least, long most) {
        return new Type.Scalar<>(
                "a number from " + least + " to " + most,
                anyOf(
                        Map.of("type", "integer", "minimum", least, "maximum", most),
                        Map.of(
                                "type",
                                "string",
                                "pattern",
                                "^[0-9]{1," + Long.toString(most).length() + "}$")),
                text -> parseNumber(text, least, most));
    }

    /** One word of a few. */
    static Type.Scalar<String> word(String... allowed) {
        List<String> words = List.of(allowed);
        return new Type.Scalar<>("one of " + String.join(", ", words), Map.of("enum", words), text -> {
            if (words.contains(text)) {
                return text;
            }
            String nearest = Nearest.find(text, words);
            throw new BadValueException(
                    "is not one of " + String.join(", ", words),
                    nearest == null ? null : "did you mean \"" + nearest + "\"?");
        });
    }

    private static Type.Scalar<String> matching(String what, String regex, String complaint) {
        Pattern pattern = Pattern.compile(regex);
        return new Type.Scalar<>(
                what, Map.of("type", List.of("string", "number", "boolean"), "pattern", regex), text -> {
                    if (!pattern.matcher(text).find()) {
                        throw new BadValueException(complaint);
                    }
                    return text;
                });
    }

    private static Map<String, Object> anyOf(Map<String, Object> first, Map<String, Object> second) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("anyOf", List.of(first, second));
        return schema;
    }

    private static String text(String text) throws BadValueException {
        if (text.indexOf('\0') >= 0) {
            throw new BadValueException("contains a NUL");
        }
        return text;
    }

    private static Boolean bool(String text) throws BadValueException {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true", "1", "yes", "on" -> true;
            case "false", "0", "no", "off" -> false;
            default -> throw new BadValueException("is not true or false");
        };
    }

    static long parseNumber(String text, long least, long most) throws BadValueException {
        boolean digits = !text.isEmpty() && text.length() <= 19;
        for (int i = 0; i < text.length(); i++) {
            digits &= text.charAt(i) >= '0' && text.charAt(i) <= '9';
        }
        if (digits) {
            try {
                long number = Long.parseLong(text);
                if (number >= least && number <= most) {
                    return number;
                }
            } catch (NumberFormatException e) {
                throw new BadValueException("is not a number from " + least + " to " + most);
            }
        }
        throw new BadValueException("is not a number from " + least + " to " + most);
    }

    private static String gateway(String text, int family) throws BadValueException {
        if (!text.equals("auto") && !text.equals("dev")) {
            if (text.indexOf('/') >= 0) {
                throw new BadValueException("is not a gateway: an address without prefix length, auto or dev");
            }
            IpPrefix.parse(text, family);
        }
        return text;
    }
}
