package io.jbox.state;

import io.jbox.problem.JboxException;

/** The file is not a record of a box. */
public final class DamagedRecordException extends Exception {
    private static final long serialVersionUID = 1L;

    DamagedRecordException(String message) {
        super(message, null, false, false);
    }

    /** Turns it into an error for the user. */
    public JboxException problem() {
        return new JboxException(
                String.valueOf(getMessage()),
                "jbox did not write it like this; if the box is no longer running, remove the file");
    }
}
