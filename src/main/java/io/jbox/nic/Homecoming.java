package io.jbox.nic;

/**
 * What became of an interface that a box had.
 *
 * @param nic its name before
 * @param name its name now; empty if it is not back
 * @param note what is not as it was, or why it is not back; empty if all is
 */
public record Homecoming(String nic, String name, String note) {
    /** Whether it is on the host and exactly what it was. */
    public boolean isWhole() {
        return name.equals(nic) && note.isEmpty();
    }

    /** For people. */
    public String describe() {
        if (name.isEmpty()) {
            return nic + ": " + note;
        }
        String renamed = name.equals(nic) ? "" : " as " + name + ", for its name is taken";
        return nic + ": is back" + renamed + (note.isEmpty() ? "" : ", " + note);
    }
}
