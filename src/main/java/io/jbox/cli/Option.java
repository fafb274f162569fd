package io.jbox.cli;

import org.jspecify.annotations.Nullable;

/**
 * An option of a command.
 *
 * @param letter for {@code -x}; 0 if there is none
 * @param name for {@code --name}
 * @param argument its placeholder in capitals; null for a flag. In brackets it is optional: {@code [FILE]} directly
 *     follows the letter, or the name and an equals sign; {@code [=FILE]} never follows the letter
 * @param about one line, lower case
 */
record Option(char letter, String name, @Nullable String argument, String about) {
    static final Option JSON = new Option('\0', "json", null, "print JSON");
    static final Option HELP = new Option('h', "help", null, "show this help");
    static final Option SET = new Option('s', "set", "KEY=VALUE", "set a key of the configuration; may be repeated");
    static final Option FILE = new Option('f', "file", "FILE", "read this configuration file");
    static final Option PATH = new Option('P', "path", "DIR", "the folder that boxes are defined in");
    static final Option TIMEOUT = new Option('t', "timeout", "SECONDS", "how long to wait");
    static final Option LOG_FILE = new Option('o', "logfile", "FILE", "log to a file");
    static final Option LOG_LEVEL =
            new Option('l', "loglevel", "LEVEL", "log from this level on: error, warn, info, debug or trace");
    static final Option TTY = new Option('t', "tty", null, "give the command a terminal of its own");
    static final Option ENV = new Option('e', "env", "NAME=VALUE", "set a variable; may be repeated");
    static final Option WORKDIR = new Option('w', "workdir", "DIR", "the folder of the box to start in");
    static final Option FROZEN =
            new Option('\0', "frozen", null, "refuse an image that no lock beside the configuration names");
    static final Option VERSION = new Option('V', "version", null, "show the version");

    /** Whether its value is passed to a box as bytes; all others are text. */
    boolean takesBytes() {
        return this == ENV || this == WORKDIR;
    }

    /** Whether its argument is optional, and must follow directly. */
    boolean mayHaveArgument() {
        return argument != null && argument.startsWith("[");
    }

    /** Whether an argument may follow the letter. */
    boolean letterHasArgument() {
        return argument != null && !argument.startsWith("[=");
    }

    /** Returns the form in help: {@code -s, --set KEY=VALUE}. */
    String usage() {
        String words = (letter == 0 ? "    " : "-" + letter + ", ") + "--" + name;
        if (argument == null) {
            return words;
        }
        return mayHaveArgument() ? words + argument.replace("[=", "[").replace("[", "[=") : words + " " + argument;
    }
}
