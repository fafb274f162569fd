package io.jbox.cli;

import io.jbox.config.BadValueException;
import io.jbox.config.ImageName;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import java.nio.file.Path;

/** The name of an image as it was typed; paths are relative to the working folder. */
final class ImageWord {
    private ImageWord() {}

    static ImageName parse(String typed) {
        try {
            ImageName name = ImageName.parse(typed);
            return name.isLocal()
                    ? name.at(Path.of(name.where()).toAbsolutePath().normalize().toString())
                    : name;
        } catch (BadValueException e) {
            throw new JboxException(new Problem("image \"" + typed + "\" " + e.getMessage(), null, e.hint()));
        }
    }
}
