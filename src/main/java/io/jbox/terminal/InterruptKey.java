package io.jbox.terminal;

import io.jbox.launch.BoxProcess;
import io.jbox.uapi.Constants;

/** Recognizes Ctrl-C typed in a terminal whose keys go to the box, so that it ends even a stopped command. */
public final class InterruptKey implements Keys {
    private static final byte CTRL_C = 3;

    private final BoxProcess process;

    public InterruptKey(BoxProcess process) {
        this.process = process;
    }

    @Override
    public byte[] filter(byte[] keys) {
        for (byte key : keys) {
            if (key == CTRL_C) {
                process.endIfStopped(Constants.SIGINT);
            }
        }
        return keys;
    }

    @Override
    public boolean isLeft() {
        return false;
    }

    @Override
    public boolean isLeftAtEnd() {
        return false;
    }
}
