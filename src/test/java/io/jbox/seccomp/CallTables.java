package io.jbox.seccomp;

import java.util.List;
import java.util.Set;

/** What tests of other packages want to know of system calls of this processor. */
public final class CallTables {
    private static final Abi ABI = Abi.of(System.getProperty("os.arch").equals("amd64") ? "x86_64" : "aarch64")
            .get(0);

    private CallTables() {}

    /** A call's number. */
    public static int number(String name) {
        return CallTable.get().number(name, ABI);
    }

    /** What the default profile without any capability refuses, but for what it permits with some arguments. */
    public static List<String> refusedByDefault() {
        return DefaultProfile.of(Set.of()).refused(ABI);
    }
}
