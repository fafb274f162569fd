package io.jbox.image;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The files of an archive, all of them in a folder. */
final class MovedArchive implements Archive {
    private final Archive files;
    private final String folder;

    MovedArchive(Archive files, String folder) {
        this.files = files;
        this.folder = folder;
    }

    @Override
    public @Nullable TarEntry next() throws IOException, BadImageException {
        TarEntry entry = files.next();
        if (entry == null) {
            return null;
        }
        String name = entry.name().equals(".") ? folder : folder + "/" + entry.name();
        boolean link = entry.type() == TarEntry.Type.HARD_LINK;
        return entry.named(name, link ? folder + "/" + entry.target() : entry.target());
    }

    @Override
    public byte[] read(int most) throws IOException, BadImageException {
        return files.read(most);
    }
}
