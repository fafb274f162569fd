package io.jbox.request;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A box that is to be defined.
 *
 * @param template what makes its root file system, "none" for nothing; null for what its configuration says, or busybox
 * @param config path of the configuration to begin with; null for the least one
 * @param arguments for the template
 */
public record CreateRequest(
        String name, @Nullable String template, @Nullable String config, List<String> arguments) {}
