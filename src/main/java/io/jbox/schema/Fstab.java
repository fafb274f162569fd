package io.jbox.schema;

import io.jbox.config.MountEntry;
import io.jbox.config.Value;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.problem.Source;
import io.jbox.yaml.SourceReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads the fstab file named by mount.fstab. */
final class Fstab {
    private final Set<String> files;

    /** @param files receives the paths that are read */
    Fstab(Set<String> files) {
        this.files = files;
    }

    /**
     * @param path absolute
     * @param problems receives the problems in its lines
     * @throws io.jbox.problem.JboxException if it cannot be read
     */
    List<Value<MountEntry>> read(Value<String> path, List<Problem> problems) {
        files.add(path.get());
        Source source = SourceReader.read(path.get(), path.place());
        List<Value<MountEntry>> entries = new ArrayList<>();
        String[] lines = source.text().split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i].trim();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            Place place = new Place(source, i + 1, 1);
            MountEntry entry = Scalars.MOUNT_ENTRY.parse(line, place, "mount.fstab", problems);
            if (entry != null) {
                entries.add(new Value<>(entry, place));
            }
        }
        return entries;
    }
}
