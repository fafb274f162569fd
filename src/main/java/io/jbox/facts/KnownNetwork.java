package io.jbox.facts;

import java.util.List;

/**
 * The network namespace of a compiled {@code netns exec}.
 *
 * @param file path of its name
 * @param files those of /etc/netns/NAME, which also exist in /etc
 * @param readOnlySys whether the caller's /sys is read-only
 */
public record KnownNetwork(String name, String file, List<String> files, boolean readOnlySys) {}
