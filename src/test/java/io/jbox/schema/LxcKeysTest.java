package io.jbox.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.config.BoxFolders;
import io.jbox.problem.JboxException;
import io.jbox.yaml.DocumentCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LxcKeysTest {
    @TempDir
    Path folder;

    @Test
    void theDocumentHasTheSameTable() throws IOException {
        StringBuilder table = new StringBuilder();
        for (Map.Entry<String, String> key : LxcKeys.missing().entrySet()) {
            table.append("| `lxc.")
                    .append(key.getKey())
                    .append("` | ")
                    .append(key.getValue())
                    .append(" |\n");
        }
        assertThat(Files.readString(Path.of("docs/from-lxc.md"))).contains(table);
    }

    /** What jbox has by now is not said to be missing. */
    @Test
    void noneIsAKeyOfJbox() {
        KeyReference reference = new KeyReference();
        for (String key : LxcKeys.missing().keySet()) {
            assertThat(reference.entries())
                    .extracting(entry -> entry.path().replace(".N", ""))
                    .noneMatch(path -> path.equals(key) || path.startsWith(key + "."));
            assertThatThrownBy(() -> reference.find(key))
                    .as(key)
                    .isInstanceOfSatisfying(
                            JboxException.class,
                            e -> assertThat(e.problems().get(0).hint())
                                    .isEqualTo("LXC has this key, and jbox does not: "
                                            + LxcKeys.missing().get(key)));
        }
    }

    @Test
    void aConfigurationWithOneIsToldTheSame() {
        for (Map.Entry<String, String> key : LxcKeys.missing().entrySet()) {
            String text = "lxc." + key.getKey() + ": 1\n";
            assertThatThrownBy(() -> new ConfigLoader(
                                    new DocumentCache(null),
                                    new BoxFolders("/var/lib/jbox"),
                                    ImageSource.NONE,
                                    DevSource.NOBODY)
                            .load(
                                    Files.writeString(folder.resolve("box.yaml"), text)
                                            .toString(),
                                    List.of()))
                    .isInstanceOfSatisfying(
                            JboxException.class,
                            e -> assertThat(e.problems().get(0).hint())
                                    .isEqualTo("LXC has this key, and jbox does not: " + key.getValue()));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "lxc.net.0.veth.vlan.tagged.id, net.veth.vlan",
        "net[0].l2proxy, net.l2proxy",
        "monitor.signal.pdeath, monitor",
        "lxc.proc.oom_score_adj, proc",
        "apparmor.raw, apparmor.raw",
    })
    void keysBelowAnEntryAreMeantToo(String path, String entry) {
        assertThat(LxcKeys.instead(path)).isEqualTo(LxcKeys.missing().get(entry));
    }

    @ParameterizedTest
    @CsvSource({"lxc.apparmor.profile", "processes", "net.0.type", "timer", "rootfs"})
    void othersAreNot(String path) {
        assertThat(LxcKeys.instead(path)).isNull();
    }
}
