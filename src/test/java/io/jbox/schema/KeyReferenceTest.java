package io.jbox.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.config.BoxFolders;
import io.jbox.config.Config;
import io.jbox.problem.JboxException;
import io.jbox.yaml.DocumentCache;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KeyReferenceTest {
    private static final KeyReference REFERENCE = new KeyReference();

    private static List<KeyReference.Entry> entries() {
        return REFERENCE.entries();
    }

    @ParameterizedTest
    @MethodSource("entries")
    void everyExampleIsAConfiguration(KeyReference.Entry entry, @TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("common.yaml"), "uts: {name: common}\n");
        Files.createDirectory(folder.resolve("conf.d"));
        Files.writeString(folder.resolve("web.fstab"), "tmpfs tmp tmpfs\n");
        String root = entry.example().startsWith("rootfs:") ? "" : "rootfs: {path: /srv/web}\n";
        Path file = Files.writeString(folder.resolve("web.yaml"), root + entry.example() + "\n");

        Config config = new ConfigLoader(
                        new DocumentCache(null), new BoxFolders("/var/lib/jbox"), ImageSource.NONE, DevSource.NOBODY)
                .load(file.toString(), List.of());

        assertThat(config).isNotNull();
        assertThat(entry.about()).isNotEmpty().doesNotEndWith(".");
        assertThat(entry.type()).isNotEmpty();
        String key = entry.path().replaceAll("\\.(N|FILE)$", "").replaceAll(".*\\.", "");
        assertThat(entry.example()).contains(key + ": ");
    }

    /** The sections and lists are told of by their keys. */
    @Test
    void noKeyIsMissing() throws ReflectiveOperationException {
        List<String> last = new ArrayList<>();
        for (KeyReference.Entry entry : entries()) {
            last.add(entry.path().replaceAll(".*\\.", ""));
        }
        int keys = 0;
        for (Field field : Keys.class.getDeclaredFields()) {
            field.setAccessible(true);
            if (field.getType() == Key.class && field.get(null) instanceof Key<?> key && !isSection(key.type())) {
                keys++;
                assertThat(last).contains(key.name());
            }
        }
        assertThat(keys).isGreaterThan(70);
        assertThat(entries()).extracting(KeyReference.Entry::path).doesNotHaveDuplicates();
    }

    private static boolean isSection(Type<?> type) {
        return type instanceof Fields || type instanceof Sequence<?> list && list.element() instanceof Fields;
    }

    @Test
    void aSectionHasItsKeys() {
        assertThat(REFERENCE.find("signal"))
                .extracting(KeyReference.Entry::path)
                .containsExactly("signal.halt", "signal.reboot", "signal.stop", "signal.timeout");
        assertThat(REFERENCE.find("net.0.veth.pair"))
                .extracting(KeyReference.Entry::path)
                .containsExactly("net.N.veth.pair");
        assertThat(REFERENCE.find("lxc.sysctl.net.ipv4.ip_forward"))
                .extracting(KeyReference.Entry::path)
                .containsExactly("sysctl");
        assertThat(REFERENCE.find("cgroup.cpuset.cpus"))
                .extracting(KeyReference.Entry::path)
                .containsExactly("cgroup.FILE");
    }

    @Test
    void aKeyThatThereIsNotNamesTheNearest() {
        for (Map.Entry<String, String> wrong : Map.of(
                        "signal.hatl", "signal.halt", "sginal", "signal", "net.veht", "net.veth")
                .entrySet()) {
            assertThatThrownBy(() -> REFERENCE.find(wrong.getKey()))
                    .isInstanceOfSatisfying(
                            JboxException.class,
                            e -> assertThat(e.problems().get(0).hint())
                                    .isEqualTo("did you mean \"" + wrong.getValue() + "\"?"));
        }
    }
}
