package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.config.Config;
import io.jbox.schema.CopySource;
import io.jbox.schema.TestConfigs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link ConfigCopy}: another box, whose names are its own. */
class ConfigCopyTest {
    @TempDir
    private Path folder;

    private String copy(String text) throws IOException {
        Path file = folder.resolve("config.yaml");
        Files.writeString(file, text);
        return new ConfigCopy(CopySource.text(file.toString()), "bbox", "web", Map.of()).text();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "name: bbox\nuts: {name: bbox}\n",
                "name: bbox # the first\nuts: { name : \"bbox\" } # its host name\n",
                "'name': bbox\nuts:\n  name: bbox\n",
                "\"name\":\n  bbox\nuts:\n  # a comment\n  name: bbox\n"
            })
    void namesOfTheOtherBoxGo(String names) throws IOException {
        String rest = "# kept\nrootfs: {path: /srv/root}\nenvironment: [name=x]\n";

        assertThat(copy(names + rest).replaceAll("(?m)^\\s*# a comment\n", "")).isEqualTo("name: web\n" + rest);
    }

    @Test
    void namesOfOtherThingsStay() throws IOException {
        String rest = "net:\n  - {type: veth, name: eth0}\nhook:\n  start: [echo name]\n";

        assertThat(copy(rest)).isEqualTo("name: web\n" + rest);
    }

    /** What is written otherwise means the same. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "---\nname: bbox\nrootfs: {path: /srv/root}\nenvironment: [\"a=b c\"]\n",
                "%YAML 1.2\n--- # the box\nrootfs: {path: /srv/root}\nenvironment: [a=b c]\n...\n",
                "{\"name\": \"bbox\", \"rootfs\": {\"path\": \"/srv/root\"}, \"environment\": [\"a=b c\"]}",
                "--- {rootfs: {path: /srv/root}, uts: {name: bbox},\n  environment: [a=b c]}\n",
                "name: bbox\r\nrootfs: {path: /srv/root}\r\nenvironment: [a=b c]\r\n",
                "!!map\nname: !!str bbox\nrootfs: {path: /srv/root}\nenvironment: [a=b c]\n",
                "&top\nname: bbox\nrootfs: {path: /srv/root}\nenvironment: [a=b c]\n",
                "\ufeffrootfs: {path: /srv/root}\nenvironment: [a=b c]\n",
                "  name: bbox\n  rootfs:\n    path: /srv/root\n  environment:\n  - a=b c\n"
            })
    void otherWaysToWriteItMeanTheSame(String text) throws IOException {
        Config config = TestConfigs.of(copy(text));

        assertThat(config.name().get()).isEqualTo("web");
        assertThat(config.namespaces().utsName().get()).isEqualTo("web");
        assertThat(config.rootfs().path().get().path()).isEqualTo("/srv/root");
        assertThat(config.init().environment().get(0).get()).isEqualTo("a=b c");
    }

    @Test
    void whatItIncludesMustBeTheSameFile() {
        assertThatThrownBy(() -> copy("rootfs: {path: /r}\ninclude: base.yaml\n"))
                .hasMessageContaining("a relative path would mean another file");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "rootfs: {path: 'overlay:box:bbox:box:bbox'} | rootfs: {path: 'overlay:box:bbox:box:web'}",
                "rootfs: {path: overlay:/a:box:bbox, x: 1}   | rootfs: {path: overlay:/a:box:web, x: 1}",
                "  path: overlay:/a:box:bbox  # box:bbox     |   path: overlay:/a:box:web  # box:bbox",
                "rootfs: {path: 'box:bbox'}                  | rootfs: {path: 'box:bbox'}",
                "rootfs: {path: 'overlay:/a:box:bbox2'}      | rootfs: {path: 'overlay:/a:box:bbox2'}",
                "rootfs: {path: 'overlay:box:bbox:/upper'}   | rootfs: {path: 'overlay:box:bbox:/upper'}"
            })
    void theWritableLayerIsItsOwn(String line, String copied) throws IOException {
        assertThat(copy(line + "\n").strip()).isEqualTo("name: web\n" + copied);
    }
}
