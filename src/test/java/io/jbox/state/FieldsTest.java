package io.jbox.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.json.JsonReader;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FieldsTest {
    private static Fields of(String json) throws JsonReader.MalformedException {
        return new Fields(JsonReader.read(json) instanceof Map<?, ?> map ? map : Map.of());
    }

    @Test
    void givesWhatIsThereByItsType() throws Exception {
        Fields fields = of("""
                {"text": "a", "number": 7, "bool": true, "state": "RUNNING", "texts": ["a", "b"], "numbers": [1, 2],
                 "lists": [["a"], []], "fields": {"inner": 1}, "none": []}
                """);

        assertThat(fields.text("text")).isEqualTo("a");
        assertThat(fields.textIfThere("text")).isEqualTo("a");
        assertThat(fields.number("number")).isEqualTo(7);
        assertThat(fields.numberIfThere("number", 3)).isEqualTo(7);
        assertThat(fields.bool("bool")).isTrue();
        assertThat(fields.state("state")).isEqualTo(BoxState.RUNNING);
        assertThat(fields.texts("texts")).isEqualTo(List.of("a", "b"));
        assertThat(fields.textsIfThere("texts")).isEqualTo(List.of("a", "b"));
        assertThat(fields.numbers("numbers")).isEqualTo(List.of(1L, 2L));
        assertThat(fields.lists("lists")).isEqualTo(List.of(List.of("a"), List.of()));
        assertThat(fields.fields("fields").number("inner")).isEqualTo(1);
        assertThat(fields.texts("none")).isEmpty();
        assertThat(fields.names())
                .containsExactly("text", "number", "bool", "state", "texts", "numbers", "lists", "fields", "none");
    }

    @Test
    void whatAnOlderJboxHasNotWrittenHasADefault() throws Exception {
        Fields fields = of("{}");

        assertThat(fields.textIfThere("x")).isEmpty();
        assertThat(fields.numberIfThere("x", 3)).isEqualTo(3);
        assertThat(fields.textsIfThere("x")).isEmpty();
    }

    /** Nothing is taken for what it looks like: a field that is there has its own type or is an error. */
    @ParameterizedTest
    @ValueSource(
            strings = {"{}", "{\"x\": null}", "{\"x\": [null]}", "{\"x\": [[null]]}", "{\"x\": [{}]}", "{\"x\": [true]}"
            })
    void whatIsOfAnotherTypeIsAnErrorThatNamesTheField(String json) throws Exception {
        Fields fields = of(json);
        for (ThrowingCallable read : List.<ThrowingCallable>of(
                () -> fields.text("x"),
                () -> fields.number("x"),
                () -> fields.bool("x"),
                () -> fields.state("x"),
                () -> fields.fields("x"),
                () -> fields.texts("x"),
                () -> fields.numbers("x"),
                () -> fields.lists("x"))) {
            assertThatThrownBy(read)
                    .isInstanceOf(Fields.MissingException.class)
                    .hasMessage("\"x\" is missing or wrong");
        }
    }

    @Test
    void aFieldThatIsThereButWrongHasNoDefault() throws Exception {
        Fields fields =
                of("{\"number\": \"7\", \"text\": 7, \"texts\": \"a\", \"state\": \"running\", \"null\": null}");

        assertThatThrownBy(() -> fields.numberIfThere("number", 3)).isInstanceOf(Fields.MissingException.class);
        assertThatThrownBy(() -> fields.textIfThere("text")).isInstanceOf(Fields.MissingException.class);
        assertThatThrownBy(() -> fields.textsIfThere("texts")).isInstanceOf(Fields.MissingException.class);
        assertThatThrownBy(() -> fields.textIfThere("null")).isInstanceOf(Fields.MissingException.class);
        assertThatThrownBy(() -> fields.state("state")).isInstanceOf(Fields.MissingException.class);
    }
}
