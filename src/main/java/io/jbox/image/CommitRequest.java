package io.jbox.image;

import io.jbox.json.Json;
import io.jbox.json.JsonReader;
import io.jbox.problem.JboxException;
import io.jbox.store.ImageRecord;
import java.util.Map;

/**
 * A request to make an image from a root file system, for a process that may read it.
 *
 * @param run settings for the image's programs
 * @param manifest identifies the image; empty for a hash of its whole content
 */
public record CommitRequest(TreeSource source, ImageRecord.Run run, String manifest) {
    /** The text for the standard input of such a process. */
    public String text() {
        return Json.write(Map.of("source", source.text(), "run", run.fields(), "manifest", manifest));
    }

    /** @throws JboxException if the text is invalid */
    public static CommitRequest parse(String text) {
        try {
            if (JsonReader.read(text) instanceof Map<?, ?> all
                    && all.get("source") instanceof String source
                    && all.get("run") instanceof Map<?, ?> run
                    && all.get("manifest") instanceof String manifest) {
                return new CommitRequest(TreeSource.parse(source), ImageRecord.Run.of(run), manifest);
            }
        } catch (JsonReader.MalformedException | ClassCastException e) {
            throw new JboxException("the image's settings on standard input are invalid: " + e.getMessage());
        }
        throw new JboxException("the image's settings on standard input are invalid");
    }
}
