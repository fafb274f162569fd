package io.jbox.host;

import io.jbox.kernel.FileStatus;
import io.jbox.kernel.NativeKernel;
import io.jbox.number.HostUid;
import io.jbox.uapi.Constants;

/** Tells which folders only one user can change. */
public final class OwnFolders {
    private static final int OTHERS_WRITE = 022;

    private OwnFolders() {}

    /** Whether a folder belongs to a user, and no other user can change its content. */
    public static boolean isOwn(String folder, HostUid user) {
        FileStatus status = FileStatus.ofLink(NativeKernel.open(), folder);
        return status != null
                && status.type() == Constants.S_IFDIR
                && status.uid().equals(user)
                && (status.permissions() & OTHERS_WRITE) == 0;
    }
}
