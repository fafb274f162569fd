package io.jbox.netlink;

import io.jbox.kernel.Kernel;
import io.jbox.problem.JboxException;
import java.nio.ByteBuffer;

/**
 * Reads the generation number of the nftables rules: the kernel counts every change to those of a network namespace
 * (NFT_MSG_GETGEN).
 */
public final class FilterGeneration {
    /** The upper byte is the nftables subsystem. */
    private static final int GET = 10 << 8 | 16;
    /** The size of struct nfgenmsg in bytes. */
    private static final int FIXED = 4;

    private static final int NFTA_GEN_ID = 1;

    private FilterGeneration() {}

    /** @return 0 if the kernel does not tell */
    public static long read(Kernel kernel) {
        try (NetlinkSocket socket = NetlinkSocket.openFilter(kernel)) {
            byte[] id = socket.get(new MessageWriter(GET, 0).u32(0))
                    .attributes(FIXED)
                    .bytes(NFTA_GEN_ID);
            // In network byte order.
            return id == null || id.length != Integer.BYTES
                    ? 0
                    : Integer.toUnsignedLong(ByteBuffer.wrap(id).getInt());
        } catch (NetlinkException | JboxException e) {
            return 0;
        }
    }
}
