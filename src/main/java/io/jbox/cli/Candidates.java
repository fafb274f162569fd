package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.life.BoxInfo;
import io.jbox.problem.JboxException;
import io.jbox.schema.KeyReference;
import io.jbox.state.BoxState;
import java.io.File;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The words that can end a command line which somebody is typing, for the completion of shells. */
final class Candidates {
    /** Stands for names of files, which the shell completes itself. */
    static final String FILES = ":files";
    /** Stands for names of folders. */
    static final String FOLDERS = ":folders";

    private static final String SIGNALS = "HUP INT QUIT KILL USR1 USR2 TERM CONT STOP TSTP WINCH PWR";
    private static final String HOST_INTERFACES = "/sys/class/net";
    private static final String NAMED_NETWORKS = "/run/netns";

    private final Surroundings surroundings;
    private final Arguments none;
    /** Each with what is said of it, which may be nothing. */
    private final Map<String, String> found = new LinkedHashMap<>();

    /** @param none the arguments of a command without any, for the folders that boxes are looked for in */
    Candidates(Surroundings surroundings, Arguments none) {
        this.surroundings = surroundings;
        this.none = none;
    }

    /**
     * Finds them.
     *
     * @param words the command line without jbox itself; the last one is being typed, and may be empty
     * @return those that begin with the last word, each with what is said of it; {@link #FILES} and {@link #FOLDERS} among them
     */
    Map<String, String> of(List<String> words) {
        String typed = words.isEmpty() ? "" : words.get(words.size() - 1);
        if (words.size() < 2) {
            for (String name : Commands.NAMES) {
                add(name, Commands.find(name).spec().about());
            }
        } else {
            try {
                find(Commands.find(Commands.alias(words.get(0))).spec(), words.subList(1, words.size() - 1), typed);
            } catch (JboxException e) {
                // An unknown command, or state that cannot be read: the command itself will say so.
                found.clear();
            }
        }
        found.keySet().removeIf(word -> !word.startsWith(":") && !(word.startsWith(typed) && isPlain(word)));
        return found;
    }

    private void find(CommandSpec spec, List<String> before, String typed) {
        List<String> operands = new ArrayList<>();
        @Nullable Option open = null;
        for (String word : before) {
            if (open != null) {
                open = null;
            } else if (word.equals("--")) {
                add(FILES, "");
                return;
            } else if (word.startsWith("-")) {
                open = waiting(spec, word);
            } else {
                operands.add(word);
            }
        }
        int equals = typed.startsWith("--") ? typed.indexOf('=') : -1;
        if (open != null) {
            addValues(spec, open, typed, "");
        } else if (equals > 0) {
            Option option = named(spec, typed.substring(2, equals));
            if (option != null) {
                addValues(spec, option, typed.substring(equals + 1), typed.substring(0, equals + 1));
            }
        } else if (typed.startsWith("-")) {
            addOptions(spec);
        } else {
            addOperands(spec, operands);
        }
    }

    /** The option that the next word is the value of, if there is one. */
    private static @Nullable Option waiting(CommandSpec spec, String word) {
        @Nullable Option option;
        if (word.startsWith("--")) {
            option = named(spec, word.substring(2));
        } else {
            option = null;
            char last = word.charAt(word.length() - 1);
            for (Option each : spec.options()) {
                if (each.letter() != 0 && each.letter() == last) {
                    option = each;
                }
            }
        }
        return option == null || option.argument() == null || option.mayHaveArgument() ? null : option;
    }

    private static @Nullable Option named(CommandSpec spec, String name) {
        for (Option option : spec.options()) {
            if (option.name().equals(name)) {
                return option;
            }
        }
        return null;
    }

    private void addOptions(CommandSpec spec) {
        List<Option> options = new ArrayList<>(spec.options());
        options.add(Option.HELP);
        for (Option option : options) {
            add("--" + option.name(), option.about());
        }
        for (Option option : options) {
            if (option.letter() != 0) {
                add("-" + option.letter(), option.about());
            }
        }
    }

    /** @param prefix what stands before the value in the same word */
    private void addValues(CommandSpec spec, Option option, String typed, String prefix) {
        String argument = String.valueOf(option.argument());
        switch (argument) {
            case "FILE" -> add(FILES, "");
            case "DIR" -> add(FOLDERS, "");
            case "KEY=VALUE" -> addSettings(typed, prefix);
            case "KEY" -> addKeys(prefix, "");
            case "STATE[|STATE...]" -> {
                for (BoxState state : BoxState.values()) {
                    add(prefix + state, "");
                }
            }
            case "COLUMNS" -> addList(spec.name().equals("ls") ? Column.names() : "", typed, prefix);
            case "LEVEL" -> addWords("error warn info debug trace", prefix);
            case "FORMAT" -> addWords("text dot svg mermaid", prefix);
            case "TEMPLATE" -> addWords("busybox none", prefix);
            case "n|c|m|t" -> addWords("n c m t", prefix);
            case "unshare" -> addWords(argument, prefix);
            case "LIST" -> addList("mnt, pid, uts, ipc, net, cgroup, user", typed, prefix);
            default -> {
                // Numbers, and names that only the user knows.
                return;
            }
        }
    }

    private void addWords(String words, String prefix) {
        for (String word : words.split(" ")) {
            add(prefix + word, "");
        }
    }

    /** One more of a list with commas. */
    private void addList(String names, String typed, String prefix) {
        String others = prefix + typed.substring(0, typed.lastIndexOf(',') + 1);
        for (String name : names.split("[, \n]+")) {
            if (!name.isEmpty()) {
                add(others + name, "");
            }
        }
    }

    /** Keys with an equals sign, and behind that values. */
    private void addSettings(String typed, String prefix) {
        int equals = typed.indexOf('=');
        if (equals < 0) {
            addKeys(prefix, "=");
            return;
        }
        String key = typed.substring(0, equals);
        for (KeyReference.Entry entry : new KeyReference().entries()) {
            if (!key.replaceAll("\\.[0-9]+(?=\\.|$)", ".N").equals(entry.path())) {
                continue;
            }
            for (String value : entry.values()) {
                add(prefix + key + "=" + value, "");
            }
            if (entry.path().equals("net.N.link")) {
                addNames(HOST_INTERFACES, prefix + key + "=");
            }
        }
    }

    private void addKeys(String prefix, String end) {
        for (KeyReference.Entry entry : new KeyReference().entries()) {
            add(prefix + entry.path().replace(".N", ".0") + end, entry.about());
        }
    }

    private void addOperands(CommandSpec spec, List<String> before) {
        String verb = before.isEmpty() ? "" : before.get(0);
        switch (spec.name()) {
            case "start", "run", "plan", "audit", "compile", "lock" -> {
                // start takes any number of names, the others one.
                if (before.isEmpty() || spec.name().equals("start")) {
                    addDefinitions();
                }
            }
            case "stop", "restart", "freeze", "top", "events", "wait", "pid", "console" -> addBoxes("");
            case "exec" -> {
                if (before.isEmpty()) {
                    addBoxes("");
                } else {
                    add(FILES, "");
                }
            }
            case "kill" -> {
                if (before.isEmpty()) {
                    addBoxes("");
                } else {
                    addWords(SIGNALS, "");
                }
            }
            case "unfreeze" -> addBoxes("FROZEN");
            case "ls", "info", "logs", "destroy", "diff", "reset", "commit", "export", "copy", "rename" -> {
                if (before.isEmpty()) {
                    for (String name : surroundings.jbox(none).names()) {
                        add(name, "");
                    }
                }
            }
            case "net" -> addOfNet(verb, before.size());
            case "netns" -> addOfNetns(verb, before.size());
            case "config" -> addOfConfig(verb);
            case "store" -> {
                addFirst(before, StoreCommand.VERBS);
                if (verb.equals("import") || verb.equals("export")) {
                    add(FILES, "");
                }
            }
            case "ns" -> addFirst(before, NsCommand.VERBS);
            case "completion" -> addFirst(before, "bash zsh fish");
            case "help" -> addFirst(before, String.join(" ", Commands.NAMES));
            case "man" -> addFirst(before, "jbox jbox.yaml " + String.join(" ", Commands.NAMES));
            case "dev", "unshare", "nsenter" -> add(FILES, "");
            default -> {
                // create, check and version: nothing that is known.
                return;
            }
        }
    }

    private void addFirst(List<String> before, String words) {
        if (before.isEmpty()) {
            addWords(words, "");
        }
    }

    private void addOfNet(String verb, int before) {
        switch (verb) {
            case "" -> addWords(NetCommand.VERBS, "");
            case "move" -> {
                if (before == 1) {
                    addNames(HOST_INTERFACES, "");
                } else {
                    addBoxes("");
                }
            }
            case "add" -> {
                if (before == 1) {
                    addBoxes("");
                } else {
                    for (KeyReference.Entry entry : new KeyReference().find("net")) {
                        add(entry.path().replace("net.N.", "") + "=", entry.about());
                    }
                }
            }
            case "ls", "give-back" -> addBoxes("");
            default -> {
                // up, down, status: bridges are few, and their file may be another.
                return;
            }
        }
    }

    private void addOfNetns(String verb, int before) {
        if (before == 0) {
            addWords(NetnsCommand.SHOWN_VERBS, "");
        } else if (before == 1 && !verb.startsWith("l") && !verb.startsWith("a")) {
            addNames(NAMED_NETWORKS, "");
        } else if (verb.startsWith("e")) {
            add(FILES, "");
        }
    }

    private void addOfConfig(String verb) {
        switch (verb) {
            case "" -> addWords(ConfigCommand.VERBS, "");
            case "check" -> add(FILES, "");
            case "show" -> addDefinitions();
            case "keys" -> addKeys("", "");
            default -> {
                // schema takes nothing.
                return;
            }
        }
    }

    /** Names that a configuration can be found by, and files. */
    private void addDefinitions() {
        for (String name : new TreeSet<>(surroundings.finder(none).names())) {
            add(name, "");
        }
        add(FILES, "");
    }

    /** @param state of those that are wanted; empty for all that run */
    private void addBoxes(String state) {
        Jbox jbox = surroundings.jbox(none);
        for (BoxInfo info : jbox.infos(jbox.names(), false)) {
            String its = info.state().toString();
            if (state.isEmpty() ? info.state().isActive() : its.equals(state)) {
                add(info.name(), its);
            }
        }
    }

    private void addNames(String folder, String prefix) {
        String[] names = new File(folder).list();
        for (String name : names == null ? new String[0] : names) {
            if (!name.equals("lo")) {
                add(prefix + name, "");
            }
        }
    }

    private void add(String word, String about) {
        found.putIfAbsent(word, about);
    }

    /** A shell puts the word on the command line as it is: what would mean something there is none. */
    private static boolean isPlain(String word) {
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (!(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') && "_.,:=/@+-".indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }
}
