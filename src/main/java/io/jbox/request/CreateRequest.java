package io.jbox.request;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A box that is to be defined.
 *
 * @param template that makes its root file system; "none" for none; null for the one in its configuration, or busybox
 * @param config path of the configuration to copy; null for a minimal one
 * @param arguments for the template
 */
public record CreateRequest(
        String name, @Nullable String template, @Nullable String config, List<String> arguments) {}
