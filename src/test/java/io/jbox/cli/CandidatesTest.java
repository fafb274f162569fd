package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CandidatesTest {
    @TempDir
    private Path home;

    @BeforeEach
    void examples() throws IOException {
        Path examples = Files.createDirectories(home.resolve("examples/configs"));
        for (String name : List.of("bbox", "bbox-empty", "sandbox", "bad name", "$(reboot)")) {
            Files.writeString(examples.resolve(name + ".yaml"), "rootfs: {path: /r}\n");
        }
    }

    private Set<String> of(String... words) {
        PrintStream nowhere = new PrintStream(PrintStream.nullOutputStream(), true, StandardCharsets.UTF_8);
        Surroundings surroundings = new Surroundings(
                nowhere,
                nowhere,
                Map.of("HOME", home.toString(), "XDG_RUNTIME_DIR", ""),
                home.toString(),
                false,
                new DetachedTidyUp(home.toString(), nowhere));
        Arguments none = Arguments.parse(new CompleteCommand().spec(), List.of());
        return new Candidates(surroundings, none).of(List.of(words)).keySet();
    }

    /** Words are separated by spaces; _ is the empty word that is being typed. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "sta; start",
                "stor; store",
                "start bbox-; bbox-empty :files",
                "start a sand; sandbox :files",
                "run sandb; sandbox :files",
                "run sandbox -- _; :files",
                "start --fore; --foreground",
                "start -F; -F",
                "start -f _; :files",
                "start -P _; :folders",
                "start --file=_; :files",
                "start -s signal.st; signal.stop=",
                "start -s net.0.type=ma; net.0.type=macvlan",
                "start --set=net.12.type=ma; --set=net.12.type=macvlan",
                "start --loglevel d; debug",
                "wait x -s FRO; FROZEN",
                "ls -F name,STA; name,STATE",
                "net mo; move",
                "net graph --format s; svg",
                "netns ide; identify",
                "config keys signal.ha; signal.halt",
                "config check _; :files",
                "store pu; pull",
                "kill x US; USR1 USR2",
                "help free; freeze",
                "completion z; zsh",
                "nsenter _; :files",
                "exec --ns mnt,ut; mnt,uts",
                "no-such-command _;",
            })
    void areWhatCouldFollow(String line, String expected) {
        String[] words = line.replace("_", "").split(" ", -1);
        String[] wanted = expected == null ? new String[0] : expected.split(" ");
        assertThat(of(words)).containsExactlyInAnyOrder(wanted);
    }

    /** Whatever a folder contains, no word means something to a shell. */
    @Test
    void aNameThatAShellWouldExpandIsNone() {
        assertThat(of("start", "")).contains("bbox").doesNotContain("bad name", "$(reboot)");
    }

    @Test
    void allCommandsAreThereWithWhatTheyDo() {
        assertThat(of("")).containsExactlyInAnyOrderElementsOf(Commands.NAMES);
    }
}
