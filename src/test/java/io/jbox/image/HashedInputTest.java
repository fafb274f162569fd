package io.jbox.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HashedInputTest {
    /** A buffered stream whose buffer is empty skips in the stream below. */
    @Test
    void whatIsSkippedIsHashed() throws IOException, NoSuchAlgorithmException {
        byte[] bytes = new byte[100_000];
        new Random(1).nextBytes(bytes);
        MessageDigest digest = MessageDigest.getInstance("SHA-256");

        try (InputStream in = new BufferedInputStream(new HashedInput(new ByteArrayInputStream(bytes), digest), 1024)) {
            in.skipNBytes(20_000);
            in.readNBytes(3000);
            in.skipNBytes(70_000);
            in.readAllBytes();
        }

        assertThat(digest.digest())
                .isEqualTo(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}
