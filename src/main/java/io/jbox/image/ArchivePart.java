package io.jbox.image;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An archive whose next file can be seen before it is taken, so that one archive can contain several trees. */
final class ArchivePart implements Archive {
    private final Archive files;
    private @Nullable TarEntry seen;

    ArchivePart(Archive files) {
        this.files = files;
    }

    /** The file that {@link #next} returns; its content cannot be read before that. */
    @Nullable
    TarEntry peek() throws IOException, BadImageException {
        if (seen == null) {
            seen = files.next();
        }
        return seen;
    }

    @Override
    public @Nullable TarEntry next() throws IOException, BadImageException {
        TarEntry next = peek();
        seen = null;
        return next;
    }

    @Override
    public byte[] read(int most) throws IOException, BadImageException {
        return files.read(most);
    }

    /** The files from here on that are in a folder, as if that were the whole archive. */
    Archive below(String folder) {
        return new Archive() {
            @Override
            public @Nullable TarEntry next() throws IOException, BadImageException {
                TarEntry next = peek();
                if (next == null || !(next.name() + "/").startsWith(folder + "/")) {
                    return null;
                }
                seen = null;
                boolean link = next.type() == TarEntry.Type.HARD_LINK;
                if (link && !next.target().startsWith(folder + "/")) {
                    throw new BadImageException("\"" + next.name() + "\" is a link to another tree");
                }
                String target = link ? next.target().substring(folder.length() + 1) : next.target();
                return next.named("." + next.name().substring(folder.length()), target);
            }

            @Override
            public byte[] read(int most) throws IOException, BadImageException {
                return files.read(most);
            }
        };
    }
}
