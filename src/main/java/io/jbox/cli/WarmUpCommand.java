package io.jbox.cli;

import io.jbox.config.Config;
import io.jbox.request.RunRequest;
import io.jbox.terminal.StandardStreams;
import java.io.File;
import java.io.IOException;
import java.util.Enumeration;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/** {@code jbox warm-up}: run by the launcher to record the classes that commands need. Changes nothing. */
final class WarmUpCommand implements Command {
    private static final String CLASS = ".class";

    @Override
    public CommandSpec spec() {
        return new CommandSpec("warm-up", "NAME", "loads what commands need", "", List.of(), false).apart();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Config config = surroundings.load(arguments, arguments.operand("box"));
        surroundings
                .jbox(arguments)
                .rehearse(RunRequest.of(config, List.of("true"))
                        .streams(StandardStreams.ofCaller(false))
                        .build());
        surroundings.jbox(arguments).plan(config);
        surroundings.jbox(arguments).names();
        UnshareCommand.rehearse();
        NsenterCommand.rehearse();
        try {
            loadOwnClasses();
        } catch (IOException | ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
        return 0;
    }

    /** Loads all jbox classes except those that need a rarely used library. */
    private static void loadOwnClasses() throws IOException, ClassNotFoundException {
        for (String path : System.getProperty("java.class.path").split(":")) {
            if (!new File(path).getName().equals("jbox.jar")) {
                continue;
            }
            try (JarFile jar = new JarFile(path)) {
                for (Enumeration<JarEntry> entries = jar.entries(); entries.hasMoreElements(); ) {
                    String name = entries.nextElement().getName();
                    if (name.endsWith(CLASS) && !name.contains("Logging") && !name.contains("YamlParser")) {
                        String type = name.substring(0, name.length() - CLASS.length())
                                .replace('/', '.');
                        Class.forName(type, !type.endsWith("package-info"), WarmUpCommand.class.getClassLoader());
                    }
                }
            }
        }
        Class.forName("sun.misc.Signal$InternalMiscHandler");
        Class.forName("sun.misc.Signal$SunMiscHandler");
    }
}
