package io.jbox.program;

import java.util.List;

/** A statement that has a result: a number below, of or above zero. */
public sealed interface Action extends Statement permits Call, Memory {
    List<Arg> arguments();

    /** In strace's notation, without the result: nobody knows that yet. */
    String notation();
}
