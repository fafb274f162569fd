package io.jbox.schema;

import io.jbox.config.BadValueException;
import io.jbox.config.Capability;
import io.jbox.config.IdMapping;
import io.jbox.config.Limit;
import io.jbox.config.MountEntry;
import io.jbox.config.Namespace;
import io.jbox.config.Nearest;
import io.jbox.config.RootfsPath;
import io.jbox.config.Signal;
import io.jbox.config.Syntax;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The scalar types of configuration keys.
 *
 * <p>Every start uses them: no regular expressions and no lambdas, which take 10 ms to initialise. The patterns are for
 * the JSON Schema alone; a test checks that both agree.
 */
public final class Scalars {

    private static final int MAX_HOST_NAME = 64;
    private static final long MIN_SIZE = 4096;
    private static final long MAX_SIZE = 1L << 40;

    /** Text for the kernel as a C string. */
    static final Type.Scalar<String> TEXT = new Type.Scalar<>("text") {
        @Override
        String parse(String text) throws BadValueException {
            Syntax.require(text.indexOf('\0') < 0, "contains a NUL");
            return text;
        }

        @Override
        Map<String, Object> schema() {
            return Map.of("type", Syntax.ANY_TYPE);
        }
    };

    /** A shell command line for the host, run in /. */
    static final Type.Scalar<String> HOST_COMMAND = new Type.Scalar<>("text") {
        @Override
        String parse(String text) throws BadValueException {
            if (text.startsWith("./") || text.startsWith("../")) {
                throw new BadValueException("is relative, but hooks on the host run in /", "write its whole path");
            }
            return TEXT.parse(text);
        }

        @Override
        Map<String, Object> schema() {
            return TEXT.schema();
        }
    };

    static final Type.Scalar<String> PATH = new Type.Scalar<>("a path") {
        @Override
        String parse(String text) throws BadValueException {
            Syntax.require(!text.isEmpty() && text.indexOf('\0') < 0, "is not a path");
            return text;
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.pattern("^[^\\u0000]+$");
        }
    };

    static final Type.Scalar<Boolean> BOOL = new Type.Scalar<>("true or false") {
        @Override
        Boolean parse(String text) throws BadValueException {
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "true", "1", "yes", "on" -> true;
                case "false", "0", "no", "off" -> false;
                default -> throw new BadValueException("is not true or false");
            };
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.anyOf(
                    Map.of("type", "boolean"),
                    Map.of("enum", List.of(0, 1)),
                    Map.of(
                            "type",
                            "string",
                            "pattern",
                            Syntax.ignoringCase("true", "false", "0", "1", "yes", "no", "on", "off")));
        }
    };

    static final Type.Scalar<String> BOX_NAME = new Type.Scalar<>("a name") {
        @Override
        String parse(String text) throws BadValueException {
            Syntax.require(
                    Syntax.isBoxName(text),
                    "is not a box name: letters, digits, \"_\", \".\" and \"-\", at most 63, beginning with a letter or digit");
            return text;
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.pattern("^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$");
        }
    };

    static final Type.Scalar<String> HOST_NAME = new Type.Scalar<>("a host name") {
        @Override
        String parse(String text) throws BadValueException {
            int length = text.length();
            Syntax.require(
                    length > 0
                            && length <= MAX_HOST_NAME
                            && Syntax.isAlphanumeric(text.charAt(0))
                            && Syntax.isAlphanumeric(text.charAt(length - 1))
                            && Syntax.consistsOf(text, ".-"),
                    "is not a host name: letters, digits, \".\" and \"-\", at most 64");
            return text;
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.pattern("^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$");
        }
    };

    static final Type.Scalar<String> ENVIRONMENT = new Type.Scalar<>("NAME=VALUE") {
        @Override
        String parse(String text) throws BadValueException {
            int equals = text.indexOf('=');
            Syntax.require(
                    equals > 0
                            && (Syntax.isAlphanumeric(text.charAt(0)) || text.charAt(0) == '_')
                            && !Syntax.isDigit(text.charAt(0))
                            && Syntax.consistsOf(text.substring(0, equals), "_.-")
                            && text.indexOf('\0') < 0,
                    "is not NAME=VALUE");
            return text;
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.pattern("^[A-Za-z_][A-Za-z0-9_.-]*=[^\\u0000]*$");
        }
    };

    /** The name of a group of boxes. */
    static final Type.Scalar<String> GROUP = new Type.Scalar<>("a group") {
        @Override
        String parse(String text) throws BadValueException {
            Syntax.require(
                    !text.isEmpty() && text.length() <= Syntax.MAX_BOX_NAME && Syntax.consistsOf(text, "_.-"),
                    "is not a group name: letters, digits, \"_\", \".\" and \"-\", at most 63");
            return text;
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.pattern("^[A-Za-z0-9_.-]{1,63}$");
        }
    };

    /** A number of bytes, with k, M or G for powers of 1024. */
    static final Type.Scalar<Long> SIZE = new Type.Scalar<>("a size") {
        @Override
        Long parse(String text) throws BadValueException {
            int digits = 0;
            while (digits < text.length() && Syntax.isDigit(text.charAt(digits))) {
                digits++;
            }
            int power = switch (text.substring(digits).toLowerCase(Locale.ROOT)) {
                case "" -> 0;
                case "k", "kb" -> 1;
                case "m", "mb" -> 2;
                case "g", "gb" -> 3;
                default -> throw new BadValueException("is not a size such as 128k, 1M or 4096");
            };
            Syntax.require(digits > 0 && digits <= 9, "is not a size such as 128k, 1M or 4096");
            long size = Long.parseLong(text.substring(0, digits)) << 10 * power;
            Syntax.require(size >= MIN_SIZE && size <= MAX_SIZE, "is not between 4k and 1024G");
            return size;
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.anyOf(
                    Map.of("type", "integer", "minimum", MIN_SIZE, "maximum", 999_999_999),
                    Syntax.pattern("^[0-9]{1,9}([kKmMgG][bB]?)?$"));
        }
    };

    static final Type.Scalar<String> SYSCTL_NAME = new Type.Scalar<>("a sysctl") {
        @Override
        String parse(String text) throws BadValueException {
            boolean good = !text.isEmpty();
            int parts = 1;
            char before = '.';
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                boolean separator = c == '.' || c == '/';
                parts += separator ? 1 : 0;
                good &= separator ? before != '.' && before != '/' : Syntax.isAlphanumeric(c) || c == '_' || c == '-';
                before = c;
            }
            Syntax.require(
                    good && parts > 1 && before != '.' && before != '/',
                    "is not a sysctl name such as net.ipv4.ip_forward");
            return text;
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.pattern("^[A-Za-z0-9_-]+([./][A-Za-z0-9_-]+)+$");
        }
    };

    /** A security module label. */
    static final Type.Scalar<String> LABEL = new Type.Scalar<>("a label") {
        @Override
        String parse(String text) throws BadValueException {
            boolean good = !text.isEmpty() && text.length() <= 255;
            for (int i = 0; i < text.length(); i++) {
                good &= text.charAt(i) > ' ' && text.charAt(i) < 0x7f;
            }
            Syntax.require(good, "is not a label: printable characters, no spaces, at most 255");
            return text;
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.pattern("^[!-~]{1,255}$");
        }
    };

    static final Type.Scalar<Capability> CAPABILITY = new Type.Scalar<>("a capability") {
        @Override
        Capability parse(String text) throws BadValueException {
            return Capability.parse(text);
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.pattern(Capability.pattern());
        }
    };

    /** A capability by the kernel's name, or {@code none}. */
    static final Type.Scalar<String> CAPABILITY_OR_NONE = new Type.Scalar<>("a capability") {
        @Override
        String parse(String text) throws BadValueException {
            return text.equals("none") ? text : Capability.parse(text).kernelName();
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.anyOf(Map.of("const", "none"), Syntax.pattern(Capability.pattern()));
        }
    };

    static final Type.Scalar<Signal> SIGNAL = new Type.Scalar<>("a signal") {
        @Override
        Signal parse(String text) throws BadValueException {
            return Signal.parse(text);
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.anyOf(
                    Map.of("type", "integer", "minimum", 1, "maximum", 64), Syntax.pattern(Signal.pattern()));
        }
    };

    static final Type.Scalar<Namespace> NAMESPACE = new Type.Scalar<>("a namespace") {
        @Override
        Namespace parse(String text) throws BadValueException {
            return Namespace.parse(text);
        }

        @Override
        Map<String, Object> schema() {
            return Map.of("enum", Namespace.names());
        }
    };

    static final Type.Scalar<Limit> LIMIT = new Type.Scalar<>("a limit") {
        @Override
        Limit parse(String text) throws BadValueException {
            return Limit.parse(text);
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.anyOf(Map.of("type", "integer", "minimum", 0), Syntax.pattern(Limit.PATTERN));
        }
    };

    static final Type.Scalar<IdMapping> ID_MAPPING = new Type.Scalar<>("an id mapping") {
        @Override
        IdMapping parse(String text) throws BadValueException {
            return IdMapping.parse(text);
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.pattern(IdMapping.PATTERN);
        }
    };

    static final Type.Scalar<MountEntry> MOUNT_ENTRY = new Type.Scalar<>("an fstab line") {
        @Override
        MountEntry parse(String text) throws BadValueException {
            return MountEntry.parse(text);
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.pattern("^\\s*\\S+\\s+\\S+\\s+\\S+");
        }
    };

    static final Type.Scalar<RootfsPath> ROOTFS_PATH = new Type.Scalar<>("a path") {
        @Override
        RootfsPath parse(String text) throws BadValueException {
            return RootfsPath.parse(text);
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.pattern("^(?!overlay:)[^\\u0000]+$|^overlay:[^:,\\u0000]+(:[^:,\\u0000]+)+$");
        }
    };

    private Scalars() {}

    /** A whole number within inclusive bounds. */
    static Type.Scalar<Long> number(long least, long most) {
        return new Type.Scalar<>("a number from " + least + " to " + most) {
            @Override
            Long parse(String text) throws BadValueException {
                return Syntax.parseNumber(text, least, most);
            }

            @Override
            Map<String, Object> schema() {
                return Syntax.anyOf(
                        Map.of("type", "integer", "minimum", least, "maximum", most),
                        Map.of("type", "string", "pattern", "^[0-9]{1,19}$"));
            }
        };
    }

    /** One of several words. */
    static Type.Scalar<String> word(String... allowed) {
        List<String> words = List.of(allowed);
        String list = String.join(", ", words);
        return new Type.Scalar<>(words.size() == 1 ? list : "one of " + list) {
            @Override
            String parse(String text) throws BadValueException {
                if (words.contains(text)) {
                    return text;
                }
                String nearest = Nearest.find(text, words);
                throw new BadValueException(
                        words.size() == 1 ? "is not " + list : "is not one of " + list,
                        nearest == null ? null : "did you mean \"" + nearest + "\"?");
            }

            @Override
            Map<String, Object> schema() {
                return Map.of("enum", words);
            }
        };
    }
}
