package io.jbox.life;

import io.jbox.config.BadValueException;
import io.jbox.config.DebianRecipe;
import io.jbox.problem.JboxException;
import io.jbox.request.CreateRequest;
import java.util.ArrayList;
import java.util.List;

/** The template {@code debian} of {@code jbox create}, with the arguments of the LXC template. */
final class DebianTemplate {
    private static final String USAGE = "-r SUITE, --packages=NAME,..., --mirror=ADDRESS, --enable-non-free";

    private DebianTemplate() {}

    /** @throws JboxException if the request also names another configuration */
    static void check(CreateRequest request) {
        if (request.config() != null) {
            throw new JboxException(
                    "template \"debian\" writes a configuration of its own",
                    "jbox create " + request.name() + " -t debian");
        }
    }

    /**
     * The rootfs setting of a configuration for what a template makes.
     *
     * @param template any, or none
     */
    static String rootfs(String template, List<String> arguments) {
        return switch (template) {
            case "none" -> "rootfs: {path: rootfs}\n";
            case DebianRecipe.TEMPLATE -> text(arguments);
            default -> "rootfs: {template: " + template + "}\n";
        };
    }

    /**
     * The lines of a configuration.
     *
     * @param arguments {@code -r SUITE}, {@code --release=SUITE}, {@code --packages=NAME,...}, {@code --mirror=ADDRESS}
     *     and {@code --enable-non-free} (lxc-debian(1)); none for Debian stable
     * @throws JboxException if there are other arguments
     */
    private static String text(List<String> arguments) {
        if (arguments.isEmpty()) {
            return "rootfs: {template: debian}\n";
        }
        DebianRecipe machine = DebianRecipe.machine();
        String suite = machine.suite();
        String mirror = "";
        List<String> packages = new ArrayList<>(machine.packages());
        List<String> components = new ArrayList<>(machine.components());
        try {
            for (int i = 0; i < arguments.size(); i++) {
                String word = arguments.get(i);
                int equals = word.startsWith("--") ? word.indexOf('=') : -1;
                String option = equals < 0 ? word : word.substring(0, equals);
                if (option.equals("--enable-non-free") && equals < 0) {
                    components.addAll(List.of("contrib", "non-free", "non-free-firmware"));
                    continue;
                }
                if (equals < 0 && i + 1 == arguments.size()) {
                    throw new JboxException("template \"debian\": " + word + " lacks its value", "it has " + USAGE);
                }
                String value = equals < 0 ? arguments.get(++i) : word.substring(equals + 1);
                switch (option) {
                    case "-r", "--release" -> suite = DebianRecipe.word(value, "suite");
                    case "--mirror" -> mirror = DebianRecipe.mirror(value);
                    case "--packages" -> {
                        for (String name : value.split(",", -1)) {
                            packages.add(DebianRecipe.packageName(name));
                        }
                    }
                    default -> throw unknown(word);
                }
            }
        } catch (BadValueException e) {
            throw new JboxException("template \"debian\": one of its arguments " + e.getMessage(), "it has " + USAGE);
        }
        return text(new DebianRecipe(suite, machine.variant(), components, packages, mirror));
    }

    private static JboxException unknown(String word) {
        return new JboxException("template \"debian\" has no argument \"" + word + "\"", "it has " + USAGE);
    }

    private static String text(DebianRecipe recipe) {
        List<String> settings = new ArrayList<>();
        settings.add("suite: " + recipe.suite());
        if (recipe.components().size() > 1) {
            settings.add("components: [" + String.join(", ", recipe.components()) + "]");
        }
        settings.add("packages: [" + String.join(", ", recipe.packages()) + "]");
        if (!recipe.mirror().isEmpty()) {
            settings.add("mirror: \"" + recipe.mirror() + "\"");
        }
        return "rootfs:\n  debian:\n    " + String.join("\n    ", settings) + "\ninit: {system: systemd}\n";
    }
}
