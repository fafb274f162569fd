package io.jbox.nic;

/**
 * The result of giving a lent interface back to the host.
 *
 * @param nic its name before
 * @param name its name now; empty if it is not back
 * @param note how it differs from before, or why it is not back; else empty
 */
public record Homecoming(String nic, String name, String note) {
    /** Whether it is back and exactly as before. */
    public boolean isWhole() {
        return name.equals(nic) && note.isEmpty();
    }

    /** A text for people. */
    public String describe() {
        if (name.isEmpty()) {
            return nic + ": " + note;
        }
        String renamed = name.equals(nic) ? "" : " as " + name + ", because its name is taken";
        return nic + ": is back" + renamed + (note.isEmpty() ? "" : ", " + note);
    }
}
