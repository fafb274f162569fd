package io.jbox.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.config.BadValueException;
import io.jbox.config.PackageList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ImageRecordTest {
    private static final String HASH = "ab".repeat(32);

    private static ImageRecord record(PackageList packages) {
        ImageRecord.Run run = new ImageRecord.Run(List.of("/bin/sh"), List.of("A=1"), 1, 2, List.of(3L), "/");
        return new ImageRecord("sha256:" + HASH, HASH, "linux/amd64", 5, run, List.of("sha256:" + HASH), packages);
    }

    @Test
    void isReadAsItWasWritten() throws BadValueException {
        ImageRecord image = record(PackageList.NONE);
        assertThat(image.text()).doesNotContain("packages");
        assertThat(ImageRecord.parse(image.text())).isEqualTo(image);

        ImageRecord debian = record(PackageList.parse(7, List.of("git 1 a.deb 1 " + HASH)));
        assertThat(ImageRecord.parse(debian.text())).isEqualTo(debian);
    }

    @Test
    void aDamagedOneIsNone() throws BadValueException {
        String text =
                record(PackageList.parse(7, List.of("git 1 a.deb 1 " + HASH))).text();

        assertThat(ImageRecord.parse(text.replace("a.deb", "../a"))).isNull();
        assertThat(ImageRecord.parse(text.replace("\"epoch\"", "\"epochs\"")))
                .as("fields of a later jbox, and no list")
                .isNotNull()
                .extracting(ImageRecord::packages)
                .isEqualTo(PackageList.NONE);
        assertThat(ImageRecord.parse(text.substring(9))).isNull();
    }
}
