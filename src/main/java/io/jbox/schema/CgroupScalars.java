package io.jbox.schema;

import io.jbox.config.BadValueException;
import io.jbox.config.DeviceRule;
import io.jbox.config.Syntax;
import java.util.Map;

/** The scalar types below {@code limits}, {@code cgroup} and {@code cgroup2}. */
final class CgroupScalars {
    private CgroupScalars() {}

    /** A decimal number of processors, in thousandths of one. */
    static final Type.Scalar<Long> PROCESSORS = new Type.Scalar<>("a number of processors") {
        @Override
        Long parse(String text) throws BadValueException {
            Syntax.require(text.matches("[0-9]{1,5}(\\.[0-9]{1,3})?"), "is not a number of processors such as 0.5");
            int dot = text.indexOf('.');
            long whole = Long.parseLong(dot < 0 ? text : text.substring(0, dot));
            String fraction = dot < 0 ? "" : text.substring(dot + 1);
            long thousandths = whole * 1000 + (dot < 0 ? 0 : Long.parseLong((fraction + "00").substring(0, 3)));
            Syntax.require(thousandths >= 10, "is less than 0.01");
            return thousandths;
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.anyOf(
                    Map.of("type", "number", "minimum", 0.01), Syntax.pattern("^[0-9]{1,5}(\\.[0-9]{1,3})?$"));
        }
    };

    /** A count, or {@link Syntax#NO_LIMIT} for max. */
    static final Type.Scalar<Long> COUNT_OR_MAX = new Type.Scalar<>("a number or max") {
        @Override
        Long parse(String text) throws BadValueException {
            return text.equals("max") ? Syntax.NO_LIMIT : Syntax.parseNumber(text, 1, Integer.MAX_VALUE);
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.anyOf(Map.of("const", "max"), Map.of("type", "integer", "minimum", 1));
        }
    };

    private static final String NO_FILE = "is not a file of a controller such as memory.max or cpuset.cpus";

    /**
     * A cgroup file such as {@code memory.max}. The files of the cgroup core, the freezer and devices are managed by
     * jbox.
     */
    static final Type.Scalar<String> CGROUP_FILE = new Type.Scalar<>("a file of a cgroup") {
        @Override
        String parse(String text) throws BadValueException {
            if (text.startsWith("devices.")) {
                throw new BadValueException(
                        "is not written as a file",
                        "cgroup: {devices: {allow: [\"c 10:200 rwm\"]}}, for either version");
            }
            Syntax.require(!text.startsWith("freezer."), "is not for configurations: jbox freeze");
            Syntax.require(text.matches("[a-z][a-z0-9_]*(\\.[A-Za-z0-9_]+)+") && !text.startsWith("cgroup."), NO_FILE);
            return text;
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.pattern("^(?!cgroup\\.|devices\\.|freezer\\.)[a-z][a-z0-9_]*(\\.[A-Za-z0-9_]+)+$");
        }
    };

    static final Type.Scalar<DeviceRule> DEVICE_RULE = new Type.Scalar<>("a device rule") {
        @Override
        DeviceRule parse(String text) throws BadValueException {
            return DeviceRule.parse(text);
        }

        @Override
        Map<String, Object> schema() {
            return Syntax.pattern(DeviceRule.PATTERN);
        }
    };
}
