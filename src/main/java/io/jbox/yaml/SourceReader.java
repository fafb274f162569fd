package io.jbox.yaml;

import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.problem.Source;
import io.jbox.problem.SystemError;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** Reads a text file, with a size limit, in UTF-8. */
public final class SourceReader {
    private static final int MAX_BYTES = 4 * YamlParser.MAX_SIZE;

    private SourceReader() {}

    /**
     * The same for a file in a folder where others may have put a link to anything.
     *
     * @throws JboxException if it is a symbolic link, or not a readable text file
     */
    public static Source readNoLink(String path, @Nullable Place asker) {
        if (Files.isSymbolicLink(Path.of(path))) {
            throw new JboxException(new Problem(path + ": is a symbolic link", asker, null));
        }
        return read(path, asker, LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * @param path as the user knows it
     * @param asker place in another configuration that includes it, if any
     * @throws JboxException if it is not a readable text file
     */
    public static Source read(String path, @Nullable Place asker) {
        return read(path, asker, new OpenOption[0]);
    }

    private static Source read(String path, @Nullable Place asker, OpenOption... options) {
        File file = new File(path);
        if (!file.isFile()) {
            String why = file.isDirectory()
                    ? "is a folder, not a file"
                    : file.exists() ? "is not a regular file" : missing(file);
            String hint = file.isDirectory() ? "name the file in it: " + path + "/config.yaml" : null;
            throw new JboxException(new Problem(path + ": " + why, asker, hint));
        }
        byte[] bytes;
        try (InputStream in =
                options.length == 0 ? new FileInputStream(file) : Files.newInputStream(file.toPath(), options)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (FileNotFoundException e) {
            throw new JboxException(new Problem(path + ": permission denied", asker, null));
        } catch (IOException e) {
            throw new JboxException(new Problem(path + ": " + SystemError.of(e), asker, null));
        }
        if (bytes.length > MAX_BYTES) {
            throw new JboxException(new Problem(path + ": over " + MAX_BYTES / 1024 + " KiB", asker, null));
        }
        return new Source(path, decode(path, bytes));
    }

    /** Explains why a file cannot be opened: it does not exist, or a parent folder cannot be entered. */
    private static String missing(File file) {
        try {
            Files.readAttributes(file.toPath(), BasicFileAttributes.class);
        } catch (NoSuchFileException e) {
            return "no such file";
        } catch (IOException | InvalidPathException e) {
            return e instanceof IOException error ? SystemError.of(error) : "no such file";
        }
        return "no such file";
    }

    private static String decode(String path, byte[] bytes) {
        String decoded = new String(bytes, StandardCharsets.UTF_8);
        if (decoded.indexOf('\ufffd') < 0) {
            return decoded.startsWith("\ufeff") ? decoded.substring(1) : decoded;
        }
        // Whether the replacement character was in the file, or stands for bytes that are not UTF-8.
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            return decoder.decode(in).toString();
        } catch (CharacterCodingException e) {
            String before = new String(bytes, 0, in.position(), StandardCharsets.UTF_8);
            int line = (int) before.chars().filter(c -> c == '\n').count() + 1;
            int column = before.length() - before.lastIndexOf('\n');
            Source source = new Source(path, new String(bytes, StandardCharsets.UTF_8));
            throw new JboxException(new Problem(
                    "file is not UTF-8: byte 0x" + Integer.toHexString(bytes[in.position()] & 0xff),
                    new Place(source, line, column),
                    "save it as UTF-8"));
        }
    }
}
