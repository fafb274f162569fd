package io.jbox.cli;

import io.jbox.schema.KeyReference;
import java.util.List;

/** What the operands of each command can be. */
final class OperandCandidates {
    private static final String SIGNALS = "HUP INT QUIT KILL USR1 USR2 TERM CONT STOP TSTP WINCH PWR";
    private static final String NAMED_NETWORKS = "/run/netns";

    private final CandidateWords words;

    OperandCandidates(CandidateWords words) {
        this.words = words;
    }

    /**
     * Finds those of a command.
     *
     * @param before the operands that it has already
     */
    void add(CommandSpec spec, List<String> before) {
        String verb = before.isEmpty() ? "" : before.get(0);
        switch (spec.name()) {
            case "start", "run", "plan", "audit", "compile", "lock" -> {
                // start takes any number of names, the others one.
                if (before.isEmpty() || spec.name().equals("start")) {
                    words.addDefinitions();
                }
            }
            case "stop", "restart", "freeze", "top", "events", "wait", "pid", "console" -> words.addBoxes("");
            case "exec" -> {
                if (before.isEmpty()) {
                    words.addBoxes("");
                } else {
                    words.add(CandidateWords.FILES, "");
                }
            }
            case "kill" -> {
                if (before.isEmpty()) {
                    words.addBoxes("");
                } else {
                    words.addWords(SIGNALS, "");
                }
            }
            case "unfreeze" -> words.addBoxes("FROZEN");
            case "ls", "info", "logs", "destroy", "diff", "reset", "commit", "export", "copy", "rename" -> {
                if (before.isEmpty()) {
                    words.addAllBoxes();
                }
            }
            case "net" -> addOfNet(verb, before.size());
            case "netns" -> addOfNetns(verb, before.size());
            case "config" -> addOfConfig(verb);
            case "store" -> {
                addFirst(before, StoreCommand.VERBS);
                if (verb.equals("import") || verb.equals("export")) {
                    words.add(CandidateWords.FILES, "");
                }
            }
            case "ns" -> addFirst(before, NsCommand.VERBS);
            case "completion" -> addFirst(before, "bash zsh fish");
            case "help" -> addFirst(before, String.join(" ", Commands.NAMES));
            case "man" -> addFirst(before, "jbox jbox.yaml " + String.join(" ", Commands.NAMES));
            case "dev", "unshare", "nsenter" -> words.add(CandidateWords.FILES, "");
            default -> {
                // create, check and version: nothing that is known.
                return;
            }
        }
    }

    private void addFirst(List<String> before, String each) {
        if (before.isEmpty()) {
            words.addWords(each, "");
        }
    }

    private void addOfNet(String verb, int before) {
        switch (verb) {
            case "" -> words.addWords(NetCommand.VERBS, "");
            case "move" -> {
                if (before == 1) {
                    words.addNames(CandidateWords.HOST_INTERFACES, "");
                } else {
                    words.addBoxes("");
                }
            }
            case "add" -> {
                if (before == 1) {
                    words.addBoxes("");
                } else {
                    for (KeyReference.Entry entry : new KeyReference().find("net")) {
                        words.add(entry.path().replace("net.N.", "") + "=", entry.about());
                    }
                }
            }
            case "ls", "give-back" -> words.addBoxes("");
            default -> {
                // up, down, status: bridges are few, and their file may be another.
                return;
            }
        }
    }

    private void addOfNetns(String verb, int before) {
        if (before == 0) {
            words.addWords(NetnsCommand.SHOWN_VERBS, "");
        } else if (before == 1 && !verb.startsWith("l") && !verb.startsWith("a")) {
            words.addNames(NAMED_NETWORKS, "");
        } else if (verb.startsWith("e")) {
            words.add(CandidateWords.FILES, "");
        }
    }

    private void addOfConfig(String verb) {
        switch (verb) {
            case "" -> words.addWords(ConfigCommand.VERBS, "");
            case "check" -> words.add(CandidateWords.FILES, "");
            case "show" -> words.addDefinitions();
            case "keys" -> words.addKeys("", "");
            default -> {
                // schema takes nothing.
                return;
            }
        }
    }
}
