package io.jbox.schema;

import io.jbox.config.BadValueException;
import io.jbox.config.Capability;
import io.jbox.config.IdMapping;
import io.jbox.config.Limit;
import io.jbox.config.Namespace;
import io.jbox.config.Signal;
import io.jbox.config.Syntax;
import java.util.Map;

/** The scalar types for notions of the kernel: capabilities, signals, namespaces, limits, ids, labels. */
final class KernelScalars {
    private KernelScalars() {}

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
}
