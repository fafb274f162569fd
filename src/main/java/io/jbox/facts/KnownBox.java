package io.jbox.facts;

import java.util.List;
import java.util.Map;

/**
 * A running box, or a layer of a root file system, as a compiled program expects it.
 *
 * @param folder of the box's state; the layer itself
 * @param files that logins or naming depend on: path below its root → content
 * @param missing those of them that do not exist
 */
public record KnownBox(String folder, Map<String, byte[]> files, List<String> missing) {}
