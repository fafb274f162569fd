package io.jbox.state;

import io.jbox.json.Json;
import io.jbox.json.JsonReader;
import io.jbox.problem.SystemError;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the files of records, which are replaced as a whole. */
public final class RecordFile {
    private static final int READ_TRIES = 5;
    private static final int MAX_RECORD = 1 << 20;

    private RecordFile() {}

    /** The text of a file with these fields. */
    public static String text(Map<String, Object> fields) {
        return Json.write(fields) + "\n";
    }

    /** What is in the file; null if there is none. */
    static @Nullable String readText(String file) throws DamagedRecordException {
        for (int i = 0; i < READ_TRIES; i++) {
            try (FileInputStream in = new FileInputStream(file)) {
                return new String(in.readNBytes(MAX_RECORD), StandardCharsets.UTF_8);
            } catch (FileNotFoundException e) {
                // Java throws this also for a file that cannot be read. If the file exists now, it may be new.
                if (!new File(file).exists()) {
                    return null;
                }
            } catch (IOException e) {
                throw new DamagedRecordException("state file " + file + ": " + SystemError.of(e));
            }
        }
        throw new DamagedRecordException("state file " + file + ": cannot be read");
    }

    /**
     * Parses the content of a record file.
     *
     * @param specFile file with the record's spec
     * @return null if both files have been removed meanwhile
     * @throws DamagedRecordException if it is not a record of that box
     */
    static @Nullable BoxRecord parse(String file, String specFile, String box, String text)
            throws DamagedRecordException {
        if (text.isEmpty()) {
            throw new DamagedRecordException("state file " + file + " is empty");
        }
        try {
            if (!(JsonReader.read(text) instanceof Map<?, ?> map)) {
                throw new DamagedRecordException("state file " + file + " is damaged: expected an object");
            }
            Map<?, ?> all = withSpec(map, file, specFile);
            if (all == null) {
                return null;
            }
            BoxRecord record = BoxRecord.of(new Fields(all));
            if (!record.spec().name().equals(box)) {
                throw new DamagedRecordException("state file " + file + " belongs to box "
                        + record.spec().name());
            }
            return record;
        } catch (JsonReader.MalformedException | Fields.MissingException e) {
            throw new DamagedRecordException("state file " + file + " is damaged: " + e.getMessage());
        }
    }

    /** The fields of a record and of its spec, in version 1 all in one file. */
    private static @Nullable Map<?, ?> withSpec(Map<?, ?> record, String file, String specFile)
            throws DamagedRecordException, JsonReader.MalformedException {
        if (record.containsKey("config")) {
            return record;
        }
        String text = readText(specFile);
        if (text == null) {
            if (!new File(file).exists()) {
                return null;
            }
            throw new DamagedRecordException("state file " + file + " is damaged: there is no " + specFile);
        }
        if (!(JsonReader.read(text) instanceof Map<?, ?> spec)) {
            throw new DamagedRecordException("state file " + specFile + " is damaged: expected an object");
        }
        Map<Object, Object> all = new LinkedHashMap<>(spec);
        all.putAll(record);
        return all;
    }

    /** Whether a file has these bytes. */
    static boolean has(String file, byte[] bytes) {
        try (FileInputStream in = new FileInputStream(file)) {
            return Arrays.equals(in.readNBytes(MAX_RECORD), bytes);
        } catch (IOException e) {
            // It is not there, or cannot be read.
            return false;
        }
    }
}
