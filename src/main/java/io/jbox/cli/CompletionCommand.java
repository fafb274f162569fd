package io.jbox.cli;

import java.util.List;

/** {@code jbox completion bash|zsh|fish}: prints a completion script for a shell. */
final class CompletionCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "completion",
                        "bash|zsh|fish",
                        "prints the completion for a shell",
                        "  bash   source <(jbox completion bash)\n"
                                + "  zsh    source <(jbox completion zsh)\n"
                                + "  fish   jbox completion fish | source\n",
                        List.of(),
                        false)
                .apart();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        String script = switch (arguments.operand("shell")) {
            case "bash" -> bash();
            case "zsh" -> "autoload -U +X compinit bashcompinit && compinit && bashcompinit\n" + bash();
            case "fish" -> fish();
            default -> throw arguments.usage("expected bash, zsh or fish");
        };
        surroundings.out().print(script);
        return 0;
    }

    private static String bash() {
        StringBuilder out = new StringBuilder();
        out.append("_jbox_boxes() {\n  local d f lib=/var/lib/jbox run=/run/jbox\n");
        out.append("  if [ \"$(id -u)\" != 0 ]; then\n    lib=${XDG_DATA_HOME:-$HOME/.local/share}/jbox\n");
        out.append("    run=${XDG_RUNTIME_DIR:-$HOME/.local/state}/jbox\n  fi\n");
        out.append(
                "  for d in \"$lib\"/*/config.yaml \"$run\"/*/state.json; do [ -e \"$d\" ] && d=${d%/*} && echo \"${d##*/}\"; done\n");
        out.append("  for f in ./*.yaml; do [ -e \"$f\" ] && f=${f%.yaml} && echo \"${f#./}\"; done\n");
        out.append("  for f in '")
                .append(System.getProperty("jbox.home", "."))
                .append("'/examples/configs/*.yaml; do ");
        out.append("[ -e \"$f\" ] && f=${f##*/} && echo \"${f%.yaml}\"; done\n}\n");
        out.append("_jbox() {\n  local cur=${COMP_WORDS[COMP_CWORD]} prev= words=\n");
        out.append("  [ \"$COMP_CWORD\" -gt 1 ] && prev=${COMP_WORDS[COMP_CWORD-1]}\n");
        out.append("  if [ \"$COMP_CWORD\" -eq 1 ]; then words='").append(String.join(" ", Commands.NAMES));
        out.append("'; else case ${COMP_WORDS[1]} in\n");
        for (String name : Commands.NAMES) {
            CommandSpec spec = Commands.find(name).spec();
            out.append("    ").append(name).append(")\n");
            String files = fileOptions(spec);
            if (!files.isEmpty()) {
                out.append("      case $prev in ").append(files);
                out.append(") COMPREPLY=($(compgen -f -- \"$cur\")); return ;; esac\n");
            }
            out.append("      words='");
            for (Option option : spec.options()) {
                out.append("--").append(option.name()).append(' ');
            }
            out.append("--help ").append(operands(name)).append("'");
            out.append(spec.boxes() ? "\" $(_jbox_boxes)\"" : "").append(" ;;\n");
        }
        out.append("  esac; fi\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n");
        return out.append("complete -o default -F _jbox jbox\n").toString();
    }

    /** The options that take a file or folder, as a pattern. */
    private static String fileOptions(CommandSpec spec) {
        StringBuilder out = new StringBuilder();
        for (Option option : spec.options()) {
            String argument = option.argument();
            if (argument != null && (argument.equals("FILE") || argument.equals("DIR"))) {
                out.append(out.isEmpty() ? "" : "|").append("--").append(option.name());
                out.append(option.letter() == 0 ? "" : "|-" + option.letter());
            }
        }
        return out.toString();
    }

    private static String fish() {
        StringBuilder out = new StringBuilder("function __jbox_boxes\n"
                + "    set -l lib /var/lib/jbox; set -l run /run/jbox\n"
                + "    if test (id -u) != 0\n"
                + "        set lib $HOME/.local/share/jbox; set -q XDG_DATA_HOME; and set lib $XDG_DATA_HOME/jbox\n"
                + "        set run $HOME/.local/state/jbox; set -q XDG_RUNTIME_DIR; and set run $XDG_RUNTIME_DIR/jbox\n"
                + "    end\n"
                + "    for f in $lib/*/config.yaml $run/*/state.json; basename (dirname $f); end\n"
                + "    for f in *.yaml; string replace -r '\\.yaml$' '' $f; end\n"
                + "end\ncomplete -c jbox -f\n");
        for (String name : Commands.NAMES) {
            CommandSpec spec = Commands.find(name).spec();
            out.append("complete -c jbox -n __fish_use_subcommand -a ").append(name);
            out.append(" -d ").append(quoted(spec.about())).append('\n');
            String within = "complete -c jbox -n '__fish_seen_subcommand_from " + name + "'";
            for (Option option : spec.options()) {
                out.append(within).append(option.letter() == 0 ? "" : " -s " + option.letter());
                out.append(" -l ").append(option.name()).append(option.argument() == null ? "" : " -r -F");
                out.append(" -d ").append(quoted(option.about())).append('\n');
            }
            if (!operands(name).isEmpty()) {
                out.append(within).append(" -a '").append(operands(name)).append("'\n");
            }
            if (spec.boxes()) {
                out.append(within).append(" -a '(__jbox_boxes)'\n");
            }
        }
        return out.toString();
    }

    /** Quotes a word for fish. */
    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    private static String operands(String command) {
        return switch (command) {
            case "config" -> ConfigCommand.VERBS;
            case "net" -> NetCommand.VERBS;
            case "store" -> StoreCommand.VERBS;
            case "ns" -> NsCommand.VERBS;
            case "netns" -> NetnsCommand.SHOWN_VERBS;
            case "completion" -> "bash zsh fish";
            case "help", "man" -> String.join(" ", Commands.NAMES);
            default -> "";
        };
    }
}
