package io.jbox.facts;

import java.util.List;
import java.util.Map;

/**
 * A running box as a compiled program finds it.
 *
 * @param folder of its state
 * @param files that a login goes by: path below its root → content
 * @param missing those of them that are not there
 */
public record KnownBox(String folder, Map<String, byte[]> files, List<String> missing) {}
