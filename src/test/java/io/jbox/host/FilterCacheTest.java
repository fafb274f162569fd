package io.jbox.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilterCacheTest {
    @TempDir
    Path folder;

    @Test
    void whatWasWrittenIsReadUnlessItWasDamaged() throws IOException {
        Path entry = folder.resolve("seccomp-x86_64-1-2-3.bpf");
        FilterCache.write(entry.toFile(), new byte[] {1, 2, 3, 4, 5, 6, 7, 8});

        assertThat(FilterCache.read(entry.toFile())).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
        byte[] whole = Files.readAllBytes(entry);
        whole[3] ^= 1;
        Files.write(entry, whole);
        assertThat(FilterCache.read(entry.toFile())).isNull();
    }

    @Test
    void thoseThatNobodyAsksForAnyMoreGo() throws IOException {
        Path old = Files.createFile(folder.resolve("seccomp-x86_64-1-0-0.bpf"));
        Path recent = Files.createFile(folder.resolve("seccomp-x86_64-2-0-0.bpf"));
        Path other = Files.createFile(folder.resolve("classes.jsa"));
        for (Path file : new Path[] {old, other}) {
            Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofDays(31))));
        }

        FilterCache.write(folder.resolve("seccomp-x86_64-3-0-0.bpf").toFile(), new byte[8]);

        assertThat(old).doesNotExist();
        assertThat(recent).exists();
        assertThat(other).exists();
    }
}
