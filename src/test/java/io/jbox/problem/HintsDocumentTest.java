package io.jbox.problem;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/troubleshooting.md has every hint that the code can print. */
class HintsDocumentTest {
    private static final Pattern MAKERS =
            Pattern.compile("new (Problem|JboxException|BadValueException)\\(|\\.hint\\(|\\bhint = ");
    private static final Pattern TEXT = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");
    /** Shorter pieces stand between names, and are not worth looking for. */
    private static final int MIN_LENGTH = 8;

    @Test
    void everyHintIsInTroubleshooting() throws IOException {
        String document = Files.readString(Path.of("docs/troubleshooting.md")).replace("\\|", "|");
        List<String> missing = new ArrayList<>();
        int found = 0;
        List<Path> sources;
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            sources = files.filter(file -> file.toString().endsWith(".java")).toList();
        }
        for (Path source : sources) {
            String code = Files.readString(source);
            Matcher makers = MAKERS.matcher(code);
            while (makers.find()) {
                for (String text : texts(hint(code, makers))) {
                    found++;
                    if (!document.contains(text)) {
                        missing.add(source.getFileName() + ": " + text);
                    }
                }
            }
        }
        assertThat(found).isGreaterThan(250);
        assertThat(missing).isEmpty();
    }

    /** The code of the argument that is a hint; empty if there is none. */
    private static String hint(String code, Matcher maker) {
        List<String> arguments = arguments(code, maker.end());
        if (maker.group(1) == null) {
            return arguments.get(arguments.size() - 1);
        }
        int wanted = maker.group(1).equals("Problem") ? 3 : 2;
        return arguments.size() == wanted ? arguments.get(wanted - 1) : "";
    }

    /** The arguments of a call, or what is assigned, from a place in the code to the bracket or semicolon that ends it. */
    private static List<String> arguments(String code, int from) {
        List<String> arguments = new ArrayList<>();
        StringBuilder argument = new StringBuilder();
        int depth = 0;
        boolean quoted = false;
        for (int i = from; depth >= 0; i++) {
            char c = code.charAt(i);
            if (quoted && c == '\\') {
                argument.append(c).append(code.charAt(++i));
                continue;
            }
            quoted ^= c == '"';
            if (!quoted) {
                depth += "([{".indexOf(c) >= 0 ? 1 : ")]}".indexOf(c) >= 0 ? -1 : 0;
                if (depth < 0 || c == ';' && depth == 0) {
                    break;
                }
                if (c == ',' && depth == 0) {
                    arguments.add(argument.toString());
                    argument.setLength(0);
                    continue;
                }
            }
            argument.append(c);
        }
        arguments.add(argument.toString());
        return arguments;
    }

    private static List<String> texts(String code) {
        List<String> texts = new ArrayList<>();
        Matcher text = TEXT.matcher(code);
        while (text.find()) {
            String plain =
                    text.group(1).replace("\\\"", "\"").replace("\\\\", "\\").strip();
            if (plain.length() >= MIN_LENGTH && plain.indexOf(' ') > 0) {
                texts.add(plain);
            }
        }
        return texts;
    }
}
