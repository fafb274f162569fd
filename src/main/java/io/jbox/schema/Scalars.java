package io.jbox.schema;

import io.jbox.config.BadValueException;
import io.jbox.config.ImageName;
import io.jbox.config.MountEntry;
import io.jbox.config.Nearest;
import io.jbox.config.RootfsPath;
import io.jbox.config.Syntax;
import io.jbox.number.Bytes;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The scalar types of configuration keys.
 *
 * <p>Every start uses them: no regular expressions and no lambdas, which take 10 ms to initialise. The patterns are for
 * the JSON Schema alone; a test checks that both agree.
 */
final class Scalars {

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

    /** A number of bytes, with k, M or G for powers of 1024. */
    static final Type.Scalar<Bytes> SIZE = new Type.Scalar<>("a size") {
        @Override
        Bytes parse(String text) throws BadValueException {
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
            return new Bytes(size);
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.anyOf(
                    Map.of("type", "integer", "minimum", MIN_SIZE, "maximum", 999_999_999),
                    Syntax.pattern("^[0-9]{1,9}([kKmMgG][bB]?)?$"));
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

    static final Type.Scalar<ImageName> IMAGE = new Type.Scalar<>("the name of an image") {
        @Override
        ImageName parse(String text) throws BadValueException {
            return ImageName.parse(text);
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.pattern("^[^\\u0000]+$");
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
