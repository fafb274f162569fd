package io.jbox.cli;

import java.util.List;

/** {@code jbox completion bash|zsh|fish}: prints a completion script for a shell. */
final class CompletionCommand implements Command {
    /** A word with = or : in it is several words to bash: it replaces only what is behind the last of these. */
    private static final String BASH = """
            _jbox() {
              local line=${COMP_LINE:0:COMP_POINT} candidate about prefix=
              local -a words
              read -ra words <<<"$line"
              [[ $line != *[[:space:]] ]] || words+=("")
              local typed=${words[${#words[@]}-1]}
              [[ $typed != *[=:]* ]] || prefix=${typed%"${typed##*[=:]}"}
              COMPREPLY=()
              while IFS=$'\\t' read -r candidate about; do
                case $candidate in
                  :files) compopt -o filenames; mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "${typed#"$prefix"}") ;;
                  :folders) compopt -o filenames; mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "${typed#"$prefix"}") ;;
                  *) COMPREPLY+=("${candidate#"$prefix"}") ;;
                esac
              done < <("${words[0]/#\\~/$HOME}" complete -- "${words[@]:1}" 2>/dev/null)
              [[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace
            }
            complete -F _jbox jbox
            """;

    private static final String ZSH = """
            #compdef jbox
            _jbox() {
              local candidate about
              local -a words_of keys files
              while IFS=$'\\t' read -r candidate about; do
                case $candidate in
                  (:files) files=(_files) ;;
                  (:folders) files=(_files -/) ;;
                  (*=) keys+=("${candidate//:/\\\\:}:$about") ;;
                  (*) words_of+=("${candidate//:/\\\\:}:$about") ;;
                esac
              done < <(${~words[1]} complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)
              _describe -t words jbox words_of
              _describe -t keys key keys -S ''
              (( ! $#files )) || $files
            }
            if [ "$funcstack[1]" = _jbox ]; then _jbox "$@"; else compdef _jbox jbox; fi
            """;

    private static final String FISH = """
            function __jbox_complete
                set -l before (commandline -opc)
                set -l typed (commandline -ct)
                for line in ($before[1] complete -- $before[2..] "$typed" 2>/dev/null)
                    switch $line
                        case :files
                            __fish_complete_path "$typed"
                        case :folders
                            __fish_complete_directories "$typed"
                        case '*'
                            echo $line
                    end
                end
            end
            complete -c jbox -f -a '(__jbox_complete)'
            """;

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
            case "bash" -> BASH;
            case "zsh" -> ZSH;
            case "fish" -> FISH;
            default -> throw arguments.usage("expected bash, zsh or fish");
        };
        surroundings.out().print(script);
        return 0;
    }
}
