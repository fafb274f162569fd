package io.jbox.image;

import java.io.IOException;
import java.io.InputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;

/** A stream that hashes all that it passes, what is skipped too. */
final class HashedInput extends DigestInputStream {
    private static final int PIECE = 8192;

    HashedInput(InputStream in, MessageDigest digest) {
        super(in, digest);
    }

    @Override
    public long skip(long bytes) throws IOException {
        byte[] piece = new byte[(int) Math.max(0, Math.min(PIECE, bytes))];
        return Math.max(0, read(piece, 0, piece.length));
    }
}
