package io.jbox.state;

/** The states of a box, as in LXC (lxc(7)). */
public enum BoxState {
    STOPPED,
    STARTING,
    RUNNING,
    STOPPING,
    ABORTING,
    FREEZING,
    FROZEN,
    THAWED;

    /** Whether the box has, or may have, processes. */
    public boolean isActive() {
        return this != STOPPED;
    }
}
