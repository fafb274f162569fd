package io.jbox.cli;

import io.jbox.config.Config;
import io.jbox.facts.Launch;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.Syscall;
import io.jbox.launch.Launcher;
import io.jbox.plan.Planner;
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
        Kernel kernel = NativeKernel.open();
        Launch launch = new Launch(List.of("true"), StandardStreams.of(kernel, false), List.of(), null);
        new Launcher(kernel)
                .rehearse(new Planner(config, surroundings.facts(arguments, config, List.of()), launch).plan());
        surroundings.jbox(arguments).plan(config);
        surroundings.jbox(arguments).names();
        kernel.call(Syscall.GETPID);
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
