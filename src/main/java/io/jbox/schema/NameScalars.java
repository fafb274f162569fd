package io.jbox.schema;

import io.jbox.config.BadValueException;
import io.jbox.config.PublishedPort;
import io.jbox.config.Syntax;
import java.util.Map;

/** The scalar types of names. */
final class NameScalars {
    private static final int MAX_HOST_NAME = 64;

    private NameScalars() {}

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

    static final Type.Scalar<PublishedPort> PUBLISHED_PORT = new Type.Scalar<>("PORT or HOST:BOX") {
        @Override
        PublishedPort parse(String text) throws BadValueException {
            return PublishedPort.parse(text);
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.pattern("^[0-9]{1,5}(:[0-9]{1,5})?$");
        }
    };

    static final Type.Scalar<String> VARIABLE = new Type.Scalar<>("a name of a variable, or git") {
        @Override
        String parse(String text) throws BadValueException {
            Syntax.require(
                    !text.isEmpty() && !Syntax.isDigit(text.charAt(0)) && Syntax.consistsOf(text, "_"),
                    "is not the name of a variable");
            return text;
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.pattern("^[A-Za-z_][A-Za-z0-9_]*$");
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
}
