package io.jbox.cli;

import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** {@code jbox man COMMAND}: prints a manual page, or writes all of them. */
final class ManCommand implements Command {
    private static final Option DIRECTORY =
            new Option('d', "directory", "DIR", "write the pages of all commands into this folder");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "man",
                        "[COMMAND]",
                        "prints a command's manual page",
                        "Its format is that of man(1):\n  jbox man unshare | man -l -\n",
                        List.of(DIRECTORY),
                        false)
                .apart();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        String directory = arguments.value(DIRECTORY);
        if (directory == null) {
            surroundings.out().print(page(arguments.operand("command, or --directory")));
            return 0;
        }
        Path folder = Path.of(directory);
        try {
            Files.createDirectories(folder);
            for (String name : Commands.NAMES) {
                Files.writeString(folder.resolve(ManPage.name(name) + ".1"), page(name));
            }
        } catch (IOException e) {
            throw new JboxException(folder + ": cannot be written: " + SystemError.of(e));
        }
        return 0;
    }

    private static String page(String command) {
        return new ManPage(Commands.find(command).spec(), Example.of(command)).text();
    }
}
