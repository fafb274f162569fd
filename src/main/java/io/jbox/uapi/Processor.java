package io.jbox.uapi;

/** The processors whose machine code and system call numbers jbox knows. */
public enum Processor {
    X86_64,
    AARCH64;

    /**
     * The processor of this JVM.
     *
     * @throws UnsupportedOperationException if jbox does not support it
     */
    public static Processor current() {
        return of(System.getProperty("os.arch", ""));
    }

    /**
     * @param name as in {@code os.arch} or {@code uname -m}
     * @throws UnsupportedOperationException for a processor that jbox has no stub for
     */
    static Processor of(String name) {
        return switch (name) {
            case "amd64", "x86_64" -> X86_64;
            case "aarch64", "arm64" -> AARCH64;
            default ->
                throw new UnsupportedOperationException("processor " + name + ": jbox runs on x86_64 and aarch64 only");
        };
    }
}
