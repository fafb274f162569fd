package io.jbox.facts;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a stand-alone program of {@code run} has, and what it knows of the jbox that may be on its host.
 *
 * @param trees of the host that the box uses: path → struct statx when the program was made
 * @param locks the files of its slots; the command that has a slot holds its file locked
 * @param book of who has which ids, and the line of it that says that one slot's are the box's; null where the
 *     configuration says which ids
 * @param treeLocks the file of locks on trees in use, and the bytes of those that the box uses
 * @param version what {@code --version} prints
 */
public record StandaloneFacts(
        Map<String, byte[]> trees,
        List<String> locks,
        @Nullable BookLine book,
        LaunchFacts.Locks treeLocks,
        String version) {}
