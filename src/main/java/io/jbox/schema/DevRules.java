package io.jbox.schema;

import io.jbox.config.Value;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Refuses settings that a configuration with a {@code dev} section must not have, since the box can write to the
 * project: programs that the host executes, and files in the project that control what the host does.
 */
final class DevRules {
    private DevRules() {}

    /** @throws JboxException with all such settings */
    static void check(Section root, String project) {
        List<Problem> problems = new ArrayList<>();
        Section hooks = root.section(Keys.HOOK);
        for (Key<?> key : hooks.type().keys()) {
            Value<?> written = hooks.find(key);
            if (written != null && key != Keys.HOOK_TIMEOUT && !key.name().equals("start")) {
                problems.add(onHost("hook." + key.name(), written.place()));
            }
        }
        for (Value<Section> net : root.list(Keys.NET)) {
            Value<Section> script = net.get().find(Keys.NET_SCRIPT);
            if (script != null) {
                problems.add(onHost("net.script", script.place()));
            }
        }
        within("mount.fstab", root.section(Keys.MOUNT).find(Keys.MOUNT_FSTAB), project, problems);
        within("seccomp.profile", root.section(Keys.SECCOMP).find(Keys.SECCOMP_PROFILE), project, problems);
        if (!problems.isEmpty()) {
            throw new JboxException(problems, JboxException.FAILED);
        }
    }

    private static Problem onHost(String key, Place place) {
        return new Problem(
                key + ": the host executes nothing for a project's environment", place, "hook.start runs in the box");
    }

    private static void within(String key, @Nullable Value<String> file, String project, List<Problem> problems) {
        if (file != null
                && Path.of(ConfigPaths.real(ConfigPaths.absolute(file.get(), file.place())))
                        .startsWith(project)) {
            problems.add(new Problem(
                    key + ": the file lies in the project, where the box can write to it",
                    file.place(),
                    "move it out of the project"));
        }
    }
}
