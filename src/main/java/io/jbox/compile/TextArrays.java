package io.jbox.compile;

import io.jbox.kernel.Program;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Writes arguments and environments of execve(2): null-terminated arrays of addresses of texts. */
final class TextArrays {
    private final Program program;
    private final Map<List<String>, Long> written = new IdentityHashMap<>();

    TextArrays(Program program) {
        this.program = program;
    }

    /** The address of an array; every execve of a search has the same. */
    long once(List<String> texts) {
        Long address = written.get(texts);
        if (address == null) {
            address = array(texts);
            written.put(texts, address);
        }
        return address;
    }

    /** The same array for a shell that runs a script: the shell and the script's path in place of the first text. */
    long script(String shell, String file, List<String> texts) {
        long words = once(texts);
        int count = texts.size();
        long[] pointers = new long[count + 2];
        pointers[0] = program.text(shell);
        pointers[1] = program.text(file);
        for (int i = 1; i < count; i++) {
            pointers[i + 1] = program.readLong(words + (long) i * Long.BYTES);
        }
        return program.words(pointers);
    }

    private long array(List<String> texts) {
        long[] words = new long[texts.size() + 1];
        for (int i = 0; i < texts.size(); i++) {
            words[i] = program.text(texts.get(i));
        }
        return program.words(words);
    }
}
