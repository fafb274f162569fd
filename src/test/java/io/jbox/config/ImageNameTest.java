package io.jbox.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageNameTest {
    private static final String HEX = "0123456789abcdef".repeat(4);

    @ParameterizedTest
    @CsvSource({
        "alpine, docker.io/library/alpine:latest, docker://docker.io/library/alpine:latest",
        "alpine:3.20, docker.io/library/alpine:3.20, docker://docker.io/library/alpine:3.20",
        "me/tool, docker.io/me/tool:latest, docker://docker.io/me/tool:latest",
        "docker://quay.io/a/b:c, quay.io/a/b:c, docker://quay.io/a/b:c",
        "localhost:5000/x, localhost:5000/x:latest, docker://localhost:5000/x:latest",
        "oci:dir, oci:dir, oci:dir",
        "oci:/a/dir:tag, oci:/a/dir:tag, oci:/a/dir:tag",
        "oci:./a:b/c, oci:./a:b/c, oci:./a:b/c",
        "docker-archive:a.tar, docker-archive:a.tar, docker-archive:a.tar",
        "alpine@sha256:H, docker.io/library/alpine@sha256:H, docker://docker.io/library/alpine@sha256:H",
        "alpine:3@sha256:H, docker.io/library/alpine:3@sha256:H, docker://docker.io/library/alpine@sha256:H",
        "oci:dir:t@sha256:H, oci:dir:t@sha256:H, oci:dir:t",
    })
    void hasOneFullName(String text, String whole, String source) throws BadValueException {
        ImageName name = ImageName.parse(text.replace(":H", ":" + HEX));

        assertThat(name).hasToString(whole.replace(":H", ":" + HEX));
        assertThat(name.source()).isEqualTo(source.replace(":H", ":" + HEX));
        assertThat(ImageName.parse(name.toString())).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "oci:",
                "./alpine",
                "/alpine",
                "Alpine",
                "alpine:",
                "a b",
                "alpine@sha256:12",
                "a//b",
                "alpine:t@g",
                "-x:\u0000"
            })
    void refusesWhatIsNone(String text) {
        assertThatThrownBy(() -> ImageName.parse(text)).isInstanceOf(BadValueException.class);
    }

    @ParameterizedTest
    @CsvSource({"alpine:3.20, alpine", "oci:/tmp/my.image:x, my-image", "oci:/, image"})
    void boxesHaveAShortName(String text, String name) throws BadValueException {
        assertThat(ImageName.parse(text).shortName()).isEqualTo(name);
    }
}
