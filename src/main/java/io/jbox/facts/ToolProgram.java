package io.jbox.facts;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The program that a namespace tool becomes.
 *
 * @param uid to become in the end, or null
 * @param gid to become in the end, or null
 * @param keepCapabilities whether capabilities in a user namespace survive execve although the user is not root
 * @param environment as {@code NAME=VALUE}
 * @param words the program and its arguments; empty for a shell
 */
public record ToolProgram(
        @Nullable Long uid,
        @Nullable Long gid,
        boolean keepCapabilities,
        List<String> environment,
        List<String> words) {}
