package io.jbox.seccomp;

/**
 * A program of classic BPF for seccomp(2).
 *
 * @param program an array of struct sock_filter, little-endian
 * @param profile what it was made of
 * @param processor that it is for, as uname -m has it
 */
public record Filter(byte[] program, Profile profile, String processor) {
    /** Bytes of struct sock_filter. */
    public static final int INSTRUCTION = 8;

    /** How many instructions. */
    public int length() {
        return program.length / INSTRUCTION;
    }

    /** The ABI that programs for this processor use. */
    public Abi abi() {
        return Abi.of(processor).get(0);
    }

    /** One line that says what it lets through. */
    @Override
    public String toString() {
        int permitted = profile.permitted(abi()).size();
        int all = permitted + profile.refused(abi()).size();
        return profile.name() + ": " + permitted + " of " + all + " calls, others " + profile.otherwise();
    }
}
