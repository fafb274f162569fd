package io.jbox.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.Golden;
import io.jbox.json.Json;
import io.jbox.json.JsonReader;
import io.jbox.number.Pid;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BoxRecordTest {
    private static final Path FIXTURES = Path.of("src/test/resources/records");

    private static BoxRecord read(String text) throws Exception {
        return BoxRecord.of(new Fields((Map<?, ?>) Objects.requireNonNull(JsonReader.read(text))));
    }

    /** The fields of both files. */
    private static Map<String, Object> fields(BoxRecord record) {
        Map<String, Object> fields = new LinkedHashMap<>(record.spec().toMap());
        fields.putAll(record.toMap());
        return fields;
    }

    private static BoxRecord full(BoxState state) {
        return Records.of(
                state, new ProcessId(new Pid(100), 1), new ProcessId(new Pid(101), 2), new ProcessId(new Pid(102), 3));
    }

    @ParameterizedTest
    @EnumSource(BoxState.class)
    void comesBackAsItWasWritten(BoxState state) throws Exception {
        BoxRecord record = full(state);

        assertThat(read(Json.write(fields(record)))).isEqualTo(record);
    }

    @Test
    void processesThatAreNotThereStayUnknown() throws Exception {
        BoxRecord record = Records.of(BoxState.STARTING, null, null, null);

        assertThat(read(Json.write(fields(record)))).isEqualTo(record);
    }

    @Test
    void fieldsOfALaterJboxAreKept() throws Exception {
        Map<String, Object> map = fields(full(BoxState.RUNNING));
        map.put("later", List.of("a", 1L));

        BoxRecord record = read(Json.write(map));

        assertThat(record.in(BoxState.FROZEN).toMap()).containsEntry("later", List.of("a", 1L));
    }

    @Test
    void anotherFormatIsRefusedByName() {
        Map<String, Object> map = fields(full(BoxState.RUNNING));
        map.put("version", 3L);

        assertThatThrownBy(() -> read(Json.write(map))).hasMessage("it was written by a newer jbox");
    }

    /** Each field that every format has had. */
    @ParameterizedTest
    @ValueSource(
            strings = {"id", "boot", "state", "monitor", "init", "name", "cgroups", "namespaces", "nics", "console"})
    void aFieldThatIsMissingIsNamed(String field) {
        Map<String, Object> map = fields(full(BoxState.RUNNING));
        map.remove(field);

        assertThatThrownBy(() -> read(Json.write(map))).hasMessageContaining('"' + field + '"');
    }

    /** What this release and those before it have written: a box may run over an upgrade. */
    @ParameterizedTest
    @ValueSource(strings = {"before-versions", "version-1"})
    void recordsOfEachReleaseAreRead(String fixture) throws Exception {
        BoxRecord record = read(Files.readString(FIXTURES.resolve(fixture + ".json")));

        assertThat(record.spec().name()).isEqualTo("web");
        assertThat(record.state()).isEqualTo(BoxState.RUNNING);
        assertThat(record.init()).isEqualTo(new ProcessId(new Pid(101), 2));
        assertThat(record.spec().nics()).hasSize(1);
    }

    @Test
    void theFixtureIsWhatIsWrittenNow() {
        Golden.check(
                FIXTURES.resolve("version-2.json"),
                Json.write(full(BoxState.RUNNING).toMap()));
        Golden.check(
                FIXTURES.resolve("version-2.spec.json"),
                Json.write(full(BoxState.RUNNING).spec().toMap()));
    }

    @Test
    void aRebootSoonAfterTheStartIsCounted() {
        assertThat(BoxRecord.nextReboots(2, 1000)).isEqualTo(3);
        assertThat(BoxRecord.nextReboots(2, 60_000)).isZero();
        assertThat(BoxRecord.rebootDelaySeconds(2)).isZero();
        assertThat(BoxRecord.rebootDelaySeconds(3)).isEqualTo(1);
        assertThat(BoxRecord.rebootDelaySeconds(1000)).isEqualTo(60);
    }
}
