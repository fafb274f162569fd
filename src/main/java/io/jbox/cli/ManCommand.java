package io.jbox.cli;

import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.schema.KeyReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** {@code jbox man COMMAND}: prints a manual page, or writes all of them. */
final class ManCommand implements Command {
    private static final Option DIRECTORY =
            new Option('d', "directory", "DIR", "write the pages of all commands into this folder");

    private static final String JBOX = "jbox";
    private static final String YAML = "jbox.yaml";

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "man",
                        "[COMMAND | jbox | jbox.yaml]",
                        "prints a manual page: a command's, jbox(1), or jbox.yaml(5)",
                        "Its format is that of man(1):\n  jbox man unshare | man -l -\n  jbox man jbox.yaml | man -l -\n",
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
            Path commands = Files.createDirectories(folder.resolve("man1"));
            Files.writeString(commands.resolve("jbox.1"), page(JBOX));
            for (String name : Commands.NAMES) {
                Files.writeString(commands.resolve(ManPage.name(name) + ".1"), page(name));
            }
            Files.writeString(Files.createDirectories(folder.resolve("man5")).resolve(YAML + ".5"), page(YAML));
        } catch (IOException e) {
            throw new JboxException(folder + ": cannot be written: " + SystemError.of(e));
        }
        return 0;
    }

    private static String page(String command) {
        if (command.equals(JBOX)) {
            return OverviewPage.text();
        }
        if (command.equals(YAML)) {
            return KeyText.page(new KeyReference().entries());
        }
        return new ManPage(Commands.find(command).spec(), Example.of(command)).text();
    }
}
