package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.config.BoxFolders;
import io.jbox.config.Config;
import io.jbox.facts.Launch;
import io.jbox.facts.NetworkFolders;
import io.jbox.host.OwnFolders;
import io.jbox.life.BoxCompiler;
import io.jbox.life.BoxDefinition;
import io.jbox.life.Developers;
import io.jbox.life.Images;
import io.jbox.life.OptionWords;
import io.jbox.number.HostUid;
import io.jbox.request.Settings;
import io.jbox.schema.BridgesLoader;
import io.jbox.schema.ConfigFinder;
import io.jbox.schema.ConfigLoader;
import io.jbox.schema.Locks;
import io.jbox.store.EphemeralUppers;
import io.jbox.terminal.StandardStreams;
import io.jbox.yaml.DocumentCache;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The environment of a command: output streams, variables and folders.
 *
 * @param out for results
 * @param err for errors
 * @param environment of the process
 * @param home the folder that jbox is installed in
 * @param root whether root runs it
 * @param tidyUp cleans up in another process, which nothing waits for
 */
record Surroundings(
        PrintStream out, PrintStream err, Map<String, String> environment, String home, boolean root, Runnable tidyUp) {
    private static final String VARIABLES = "JBOX_";
    /** bin/jbox keeps the caller's locale there. */
    private static final String KEPT_LOCALE = "JBOX_LC_ALL";
    /** What the launcher hands a namespace tool: the environment that it has changed itself. */
    static final String KEPT_ENVIRONMENT = "JBOX_ENVIRON";

    private static final int BUFFER = 8192;

    static Surroundings ofThisProcess(CheckedOutput output) {
        String home = System.getProperty("jbox.home", new File("").getAbsolutePath());
        return new Surroundings(
                new PrintStream(new BufferedOutputStream(output, BUFFER), false, StandardCharsets.UTF_8),
                System.err,
                System.getenv(),
                home,
                "root".equals(System.getProperty("user.name")),
                new DetachedTidyUp(home, System.err));
    }

    /** The folder of box definitions: -P, else root's or the user's own folder. */
    BoxFolders folders(Arguments arguments) {
        String path = arguments.value(Option.PATH);
        if (path != null) {
            return new BoxFolders(new File(path).getAbsolutePath());
        }
        return new BoxFolders(root ? BoxFolders.SYSTEM : userFolder("XDG_DATA_HOME", ".local/share") + "/jbox");
    }

    private String userFolder(String variable, String fallback) {
        String set = environment.get(variable);
        if (set != null && set.startsWith("/")) {
            return set;
        }
        String home = environment.get("HOME");
        return (home != null && home.startsWith("/") ? home : System.getProperty("user.home", "/")) + "/" + fallback;
    }

    /** Reads configurations to look at them: of an image that the store lacks nothing is known. */
    ConfigLoader loader(Arguments arguments) {
        return loader(arguments, Images.Missing.LEAVE, Developers.Use.LOOK);
    }

    /** Reads configurations of boxes that are planned: an image that the store lacks is an error. */
    ConfigLoader loaderToPlan(Arguments arguments) {
        return loader(arguments, Images.Missing.REFUSE, Developers.Use.LOOK);
    }

    /** Reads configurations of boxes that are to run: an image that the store lacks is fetched. */
    ConfigLoader loaderToRun(Arguments arguments) {
        return loaderToRun(arguments, Developers.Use.START);
    }

    /** @param use what is done about a project's files that have changed */
    ConfigLoader loaderToRun(Arguments arguments, Developers.Use use) {
        return loader(arguments, Images.Missing.FETCH, use)
                .with(arguments.has(Option.FROZEN) ? Locks.REQUIRED : Locks.USED);
    }

    private ConfigLoader loader(Arguments arguments, Images.Missing missing, Developers.Use use) {
        BoxFolders folders = folders(arguments);
        return new ConfigLoader(
                new DocumentCache(cacheFolder()),
                folders,
                images(storeFolder(), missing),
                new Developers(lastingFolder() + "/" + Settings.PROJECTS, stateFolder(), folders, use));
    }

    /** Reads configurations whose locks are about to be written. */
    ConfigLoader loaderToLock(Arguments arguments, Developers.Use use) {
        return loader(arguments, Images.Missing.LEAVE, use);
    }

    /** The images of a store. */
    Images images(String store, Images.Missing missing) {
        return new Images(store, home, missing, new TerminalProgress(err));
    }

    /** The folder with the files of an undefined box for a command. */
    String ephemeralUpper(String command) {
        return EphemeralUppers.path(storeFolder(), command);
    }

    /** The folder of trees that boxes share. */
    String storeFolder() {
        return lastingFolder() + "/" + Settings.STORE;
    }

    /** The launcher makes the folder, and passes it on only if no other user can write to it. */
    private static @Nullable File cacheFolder() {
        String folder = System.getProperty("jbox.cache", "");
        return folder.isEmpty() ? null : new File(folder);
    }

    /** What compiles boxes; null where none are: for a user, with variables for jbox, or with -P. */
    @Nullable
    BoxCompiler compiler(Arguments arguments) {
        String launcher = System.getProperty("jbox.launcher", "");
        File cache = cacheFolder();
        if (launcher.isEmpty() || cache == null || !root || arguments.value(Option.PATH) != null) {
            return null;
        }
        for (String name : environment.keySet()) {
            if (name.startsWith(VARIABLES) && !name.equals(KEPT_LOCALE) && !name.startsWith(KEPT_ENVIRONMENT)) {
                return null;
            }
        }
        return jbox(arguments).compiler(cache.getPath(), launcher);
    }

    /** How a box of a name is defined. */
    BoxDefinition definition(Arguments arguments, String name) {
        String file = find(arguments, name);
        List<String> earlier = finder(arguments).earlier(name, file);
        return new BoxDefinition(file, earlier, slot -> {
            ConfigLoader loader = loader(arguments);
            Config config = loader.load(file, List.of());
            return new BoxDefinition.Loaded(config, loader.files(), loader.ownFiles(), loader.absent());
        });
    }

    /** Compiles boxes in the background when they have been started, if that is done here at all. */
    void compileLater(List<String> boxes, Arguments arguments) {
        BoxCompiler compiler = compiler(arguments);
        if (compiler != null) {
            new DetachedCompiler(compiler).compileStarts(boxes);
        }
    }

    /**
     * The same after another command.
     *
     * @param streams what the command's standard descriptors became
     */
    void compileLater(String box, String command, List<Launch.Stream> streams, Arguments arguments) {
        BoxCompiler compiler = compiler(arguments);
        if (compiler == null) {
            return;
        }
        if (arguments.hasNoOptions()) {
            new DetachedCompiler(compiler).compile(box, command, streams);
            return;
        }
        OptionWords words = OptionWords.parse(command, arguments.beforeRest());
        if (words != null && (words.image() != null || words.box().equals(box))) {
            new DetachedCompiler(compiler).compile(words, StandardStreams.ofCaller(false));
        }
    }

    /** Whether a command is used with a box for the first time, as far as anybody remembers. */
    boolean isFirst(String box, String command, Arguments arguments) {
        BoxCompiler compiler = compiler(arguments);
        return compiler == null || compiler.sinceTried(command, box) == Long.MAX_VALUE;
    }

    /** Finds configurations by their names. */
    ConfigFinder finder(Arguments arguments) {
        return new ConfigFinder(folders(arguments), searchPath(), trustedOwners());
    }

    /** Finds the configuration file for -f or a name. */
    String find(Arguments arguments, String name) {
        String file = arguments.value(Option.FILE);
        if (file != null) {
            return configFile(arguments, file);
        }
        return finder(arguments).find(name);
    }

    /** Finds a file in the working folder or above. */
    String findAbove(Arguments arguments, String name) {
        return finder(arguments)
                .findAbove(Path.of("").toAbsolutePath().normalize().toString(), name);
    }

    /** Finds the file for -f: the file itself, or if there is none, the configuration of a box of that name. */
    String configFile(Arguments arguments, String file) {
        boolean isName = file.indexOf('/') < 0 && !file.endsWith(".yaml") && !new File(file).exists();
        return isName ? finder(arguments).find(file) : file;
    }

    private List<String> searchPath() {
        List<String> searchPath = new ArrayList<>();
        String set = environment.get("JBOX_CONFIG_PATH");
        for (String folder : (set == null ? home + "/examples/configs" : set).split(":")) {
            if (!folder.isEmpty()) {
                searchPath.add(folder);
            }
        }
        return searchPath;
    }

    private static int uid() {
        try {
            return Files.getAttribute(Path.of("/proc/self"), "unix:uid") instanceof Integer uid ? uid : -1;
        } catch (IOException e) {
            return -1;
        }
    }

    /** Root, the current user, and the user who called sudo. */
    private Set<Integer> trustedOwners() {
        Set<Integer> owners = new HashSet<>(Set.of(0));
        try {
            if (root && environment.containsKey("SUDO_UID")) {
                owners.add(Integer.parseInt(environment.get("SUDO_UID")));
            } else if (!root) {
                owners.add(uid());
            }
        } catch (NumberFormatException e) {
            return owners;
        }
        return owners;
    }

    /** Loads the configuration for -f or a name, with the overrides of -s. */
    Config load(Arguments arguments, String name) {
        return loader(arguments).load(find(arguments, name), arguments.values(Option.SET));
    }

    /** The boxes of -P, or else the user's. A command that only reads leaves cleaning up to another process. */
    Jbox jbox(Arguments arguments) {
        BoxFolders folders = folders(arguments);
        boolean onlyThese = arguments.has(Option.PATH);
        return arguments.spec().tidying() == CommandSpec.Tidying.ASIDE
                ? new Jbox(new StandardError(err), settings(folders, onlyThese), tidyUp)
                : jbox(folders, onlyThese);
    }

    private Jbox jbox(BoxFolders folders, boolean onlyThese) {
        Jbox jbox = new Jbox(new StandardError(err), settings(folders, onlyThese));
        return jbox.withLogs(new LogRequest(jbox.boxTrees()));
    }

    private Settings settings(BoxFolders folders, boolean onlyThese) {
        return new Settings(
                home,
                folders,
                onlyThese,
                stateFolder(),
                searchPath(),
                networkFolders(),
                lastingFolder() + "/.ids",
                storeFolder(),
                cacheFolder(),
                trustedOwners());
    }

    private NetworkFolders networkFolders() {
        String config = environment.get("JBOX_NET_CONFIG");
        return new NetworkFolders(
                stateFolder(), lastingFolder() + "/.net", config == null ? BridgesLoader.SYSTEM : config);
    }

    /** The folder of data on all boxes that survives a reboot. */
    private String lastingFolder() {
        return root ? BoxFolders.SYSTEM : userFolder("XDG_DATA_HOME", ".local/share") + "/jbox";
    }

    String stateFolder() {
        if (root) {
            return Settings.SYSTEM_STATE;
        }
        // su keeps another user's value; cron sets none, though the user may have logged in.
        for (String runtime : new String[] {environment.get("XDG_RUNTIME_DIR"), "/run/user/" + uid()}) {
            if (runtime != null && runtime.startsWith("/") && OwnFolders.isOwn(runtime, new HostUid(uid()))) {
                return runtime + "/jbox";
            }
        }
        return userFolder("XDG_STATE_HOME", ".local/state") + "/jbox";
    }
}
