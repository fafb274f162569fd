package io.jbox.facts;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What commands of a compiled {@code run} use one after another.
 *
 * @param lock the file that the command in the slot locks
 * @param nextProgram the program of the next slot, which need not exist
 * @param nextWanted a file that notes that the next slot was needed
 * @param cgroups of the command, parents first
 * @param ownFiles that are removed after the command; null if the box keeps its files
 */
public record RunSlot(
        String lock,
        String nextProgram,
        String nextWanted,
        List<String> cgroups,
        @Nullable OwnFiles ownFiles) {}
