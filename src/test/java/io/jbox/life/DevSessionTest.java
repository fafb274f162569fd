package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.config.Config;
import io.jbox.config.Developer;
import io.jbox.config.Value;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a developer brings along to a box. */
class DevSessionTest {
    private static final Place PLACE = Place.of(new Source("dev.yaml", ""));

    @TempDir
    private Path folder;

    private static List<Value<String>> values(String... texts) {
        List<Value<String>> values = new ArrayList<>();
        for (String text : texts) {
            values.add(new Value<>(text, PLACE));
        }
        return values;
    }

    private Developer self() {
        long uid = OwnProcess.user(NativeKernel.open()).number();
        return new Developer("me", uid, uid, folder.toString(), "/bin/sh", List.of());
    }

    private Config.Dev dev(Developer developer, List<Value<String>> caches, List<Value<String>> pass) {
        return new Config.Dev(PLACE, developer, folder.toString(), "/work", caches, pass, List.of(), List.of());
    }

    @ParameterizedTest
    @CsvSource({"'', /work", "/src/main, /work/src/main", "/../elsewhere, /work", "-more/src, /work"})
    void aSessionBeginsWhereTheCallerIs(String below, String expected) {
        String here = Path.of(folder + below).normalize().toString();

        assertThat(new DevSession(dev(self(), List.of(), List.of())).folder(here))
                .isEqualTo(expected);
    }

    @Test
    void cachesThatAreMissingAreMadeAndOthersStay() throws IOException {
        Path there = Files.createDirectory(folder.resolve("there"));
        Files.writeString(there.resolve("file"), "kept");
        String missing = folder + "/a b/-c";

        new DevSession(dev(self(), values(there.toString(), missing), List.of())).makeCaches();

        assertThat(Path.of(missing)).isDirectory();
        assertThat(there.resolve("file")).hasContent("kept");
    }

    @Test
    void aCacheThatCannotBeMadeIsNamedWithItsPlace() throws IOException {
        Files.writeString(folder.resolve("file"), "");
        DevSession session = new DevSession(dev(self(), values(folder + "/file/cache"), List.of()));

        assertThatThrownBy(session::makeCaches)
                .isInstanceOfSatisfying(
                        JboxException.class,
                        e -> assertThat(e.problems().get(0).place()).isEqualTo(PLACE))
                .hasMessageContaining("dev.caches: " + folder + "/file/cache is missing, and me cannot make it");
    }

    /** Only what is declared, and what the caller has. */
    @Test
    void theEnvironmentHasWhatIsPassed() {
        DevSession session =
                new DevSession(dev(self(), List.of(), values("PATH", "NOBODY_HAS_THIS", Config.Dev.AGENT)));

        assertThat(session.environment()).containsExactly("PATH=" + System.getenv("PATH"));
        assertThat(session.user()).isEqualTo(Long.toString(self().uid()));
        assertThat(session.agent("web", 1, folder.toString(), text -> {})).isNull();
        assertThat(new DevSession(dev(self(), List.of(), List.of())).agent("web", 1, folder.toString(), text -> {}))
                .isNull();
    }

    /** As another user where root calls: its settings are in that one's home, and its environment is its own. */
    @Test
    void theIdentityForCommitsIsTheDevelopers() throws IOException {
        assumeTrue(OwnProcess.isRoot(NativeKernel.open()), "an ordinary user's home is not in a folder of tests");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/git")), "git says who commits");
        Developer developer = new Developer("other", 4321, 4321, folder.toString(), "/bin/sh", List.of());
        Files.writeString(folder.resolve(".gitconfig"), "[user]\n\tname = A. Developer\n\temail = a@example.org\n");
        // The folder of tests is root's alone.
        Files.setAttribute(folder, "unix:uid", 4321);
        Files.setAttribute(folder.resolve(".gitconfig"), "unix:uid", 4321);

        assertThat(new DevSession(dev(developer, List.of(), values("git"))).environment())
                .containsExactly(
                        "GIT_CONFIG_KEY_0=user.name",
                        "GIT_CONFIG_VALUE_0=A. Developer",
                        "GIT_CONFIG_KEY_1=user.email",
                        "GIT_CONFIG_VALUE_1=a@example.org",
                        "GIT_CONFIG_COUNT=2");
    }

    @Test
    void whatIsNotAsItIsWrittenIsTold() {
        Developer another = new Developer("you", self().uid() + 1, 1, "/home/you", "/bin/sh", List.of());
        Config.Dev dev = new Config.Dev(
                PLACE, another, folder.toString(), "/work", List.of(), List.of(), List.of(), values(folder + "/.env"));
        List<String> told = new ArrayList<>();

        new DevSession(dev).tell("web", told::add);

        assertThat(told).hasSize(2);
        assertThat(told.get(0)).contains("there is no " + folder + "/.env");
        assertThat(told.get(1)).contains(folder + " belongs to another user than you");
    }
}
