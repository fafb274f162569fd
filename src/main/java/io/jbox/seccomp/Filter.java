package io.jbox.seccomp;

/**
 * A classic BPF program for seccomp(2).
 *
 * @param program an array of struct sock_filter, little-endian
 * @param profile its source
 * @param processor that it is for, as printed by uname -m
 */
public record Filter(byte[] program, Profile profile, String processor) {
    /** The size of struct sock_filter in bytes. */
    public static final int INSTRUCTION = 8;

    /** The number of instructions. */
    public int length() {
        return program.length / INSTRUCTION;
    }

    /** The native ABI of the processor. */
    public Abi abi() {
        return Abi.of(processor).get(0);
    }

    /** Describes in one line what it permits. */
    @Override
    public String toString() {
        int permitted = profile.permitted(abi()).size();
        int all = permitted + profile.refused(abi()).size();
        return profile.name() + ": " + permitted + " of " + all + " calls, others " + profile.otherwise();
    }
}
