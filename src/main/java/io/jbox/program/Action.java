package io.jbox.program;

import java.util.List;

/** A statement with a result: a number below, equal to or above zero. */
public sealed interface Action extends Statement permits Call, Memory {
    List<Arg> arguments();

    /** Returns the action in strace's notation, without the result, which is not known yet. */
    String notation();
}
