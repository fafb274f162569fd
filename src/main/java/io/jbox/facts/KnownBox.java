package io.jbox.facts;

import java.util.List;
import java.util.Map;

/**
 * A running box, or a layer of a root file system, as a compiled program finds it.
 *
 * @param folder of the box's state; the layer itself
 * @param files that a login or names go by: path below its root → content
 * @param missing those of them that are not there
 */
public record KnownBox(String folder, Map<String, byte[]> files, List<String> missing) {}
