package io.jbox.facts;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a stand-alone program of {@code run} uses, and how it cooperates with a jbox that may be on its host.
 *
 * @param trees of the host that the box uses: path → struct statx when the program was made
 * @param locks the files of its slots; the command in a slot locks its file
 * @param book line that assigns a slot's ids to the box; null if the configuration sets them
 * @param treeLocks the file of locks on trees in use, and the byte of each tree that the box uses
 * @param version what {@code --version} prints
 */
public record StandaloneFacts(
        Map<String, byte[]> trees,
        List<String> locks,
        @Nullable BookLine book,
        LaunchFacts.Locks treeLocks,
        String version) {}
