package io.jbox.schema;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Generates the configuration's JSON Schema (draft 2020-12) from {@link Keys}, for completion and checks in editors.
 */
public final class JsonSchema {
    private JsonSchema() {}

    /** The schema as maps, lists and plain values. */
    public static Map<String, Object> schema() {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("title", "jbox configuration");
        schema.putAll(Keys.ROOT.schema());
        return schema;
    }
}
