package io.jbox.facts;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What commands of a compiled {@code run} have one after another.
 *
 * @param lock the file that the command which has it holds locked
 * @param nextProgram the program of the next slot, which need not exist
 * @param nextWanted a file that says that the next slot was wanted
 * @param cgroups of the command, parents first
 * @param ownFiles that go with the command; null where the box has its files for good
 */
public record RunSlot(
        String lock,
        String nextProgram,
        String nextWanted,
        List<String> cgroups,
        @Nullable OwnFiles ownFiles) {}
