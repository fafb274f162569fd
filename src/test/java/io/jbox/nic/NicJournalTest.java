package io.jbox.nic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.kernel.NativeKernel;
import io.jbox.problem.JboxException;
import io.jbox.uapi.Rtnl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NicJournalTest {
    /** As it was before peers, flags, groups and aliases were noted. */
    private static final String OLD = """
            [{"name": "eth1", "home": "4026531840", "index": 3, "inside": 0, "alt_names": ["lan"],
              "address": "020000000001", "permanent": "020000000001", "kind": "", "mtu": 1500, "queue_length": 1000,
              "up": true, "addresses": ["0a0b"], "routes": []}]
            """;

    @TempDir
    private Path state;

    private NicJournal journal;
    private Path file;

    @BeforeEach
    void journal() throws IOException {
        journal = NicJournal.of(NativeKernel.open(), state.toString(), "web");
        file = Files.createDirectory(state.resolve(NicJournal.FOLDER)).resolve("web");
    }

    private static Nic nic(String name, int inside) {
        return new Nic(
                name,
                List.of("lan", "ü"),
                new Nic.Location("4026531840", 3, inside),
                new Nic.Identity("veth", "020000000001", "020000000002", 7, 2),
                new Nic.Settings(1400, 500, Rtnl.IFF_UP, 9, "uplink \"1\""),
                List.of("0a0b", "0c"),
                List.of("ff00"));
    }

    @Test
    void whatIsWrittenIsRead() {
        journal.write(List.of(nic("eth1", 0), nic("eth2", 5)), true);

        assertThat(journal.read()).isEqualTo(List.of(nic("eth1", 0), nic("eth2", 5)));
        assertThat(journal.exists()).isTrue();
    }

    @Test
    void aBoxWithoutAJournalOwesNothing() throws IOException {
        Files.createFile(state.resolve(NicJournal.FOLDER).resolve(".lock"));

        assertThat(journal.exists()).isFalse();
        assertThat(journal.read()).isEmpty();
        assertThat(NicJournal.boxes(state.toString())).isEmpty();
        assertThat(NicJournal.boxes("/no/such")).isEmpty();

        journal.write(List.of(nic("eth1", 0)), false);
        assertThat(NicJournal.boxes(state.toString())).containsExactly("web");
    }

    @Test
    void whereAnInterfaceIsInTheBoxIsNotedOfThatOneOnly() {
        journal.write(List.of(nic("eth1", 0), nic("eth2", 0)), true);

        journal.moved("eth2", 12);

        assertThat(journal.read()).isEqualTo(List.of(nic("eth1", 0), nic("eth2", 12)));
    }

    @Test
    void theJournalGoesWithTheLastOneThatIsBack() {
        journal.write(List.of(nic("eth1", 0), nic("eth2", 0)), true);

        journal.forget("eth1");
        assertThat(journal.read()).isEqualTo(List.of(nic("eth2", 0)));
        journal.forget("eth2");
        assertThat(file).doesNotExist();
        journal.forget("eth2");
        assertThat(file).doesNotExist();
    }

    /** A router's table, say: thousands of routes go with its interface. */
    @Test
    void anInterfaceMayHaveAllRoutesOfTheWorld() {
        List<String> routes = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            routes.add("0a".repeat(30));
        }
        Nic router = new Nic(
                "eth1",
                List.of(),
                new Nic.Location("1", 3, 0),
                new Nic.Identity("", "", "", 0, -1),
                new Nic.Settings(1500, 0, 0, 0, ""),
                List.of(),
                List.copyOf(routes));

        journal.write(List.of(router), true);

        assertThat(journal.read()).isEqualTo(List.of(router));
    }

    @Test
    void aJournalOfAnOlderJboxIsRead() throws IOException {
        Files.writeString(file, OLD);

        assertThat(journal.read())
                .containsExactly(new Nic(
                        "eth1",
                        List.of("lan"),
                        new Nic.Location("4026531840", 3, 0),
                        new Nic.Identity("", "020000000001", "020000000001", -1, -1),
                        new Nic.Settings(1500, 1000, Rtnl.IFF_UP | Rtnl.IFF_MULTICAST, 0, ""),
                        List.of("0a0b"),
                        List.of()));

        Files.writeString(file, OLD.replace("true", "false"));
        assertThat(journal.read().get(0).settings().flags()).isEqualTo(Rtnl.IFF_MULTICAST);
    }

    /** An error, and never an empty list: that would forget an interface of the host's. */
    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", "{", "{}", "null", "7", "\"eth1\"", "[", "[7]", "[null]", "[{}]", "\0\0\0\0", "[] x"})
    void aDamagedJournalIsAnErrorThatNamesIt(String text) throws IOException {
        Files.writeString(file, text);

        assertThatThrownBy(() -> journal.read())
                .isInstanceOf(JboxException.class)
                .hasMessageStartingWith("journal " + file + " is damaged: ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"name\": \"eth1\" | \"name\": 7 | name",
                "\"name\": \"eth1\", | `` | name",
                "\"index\": 3 | \"index\": \"3\" | index",
                "\"up\": true | \"up\": 1 | up",
                "[\"lan\"] | [7] | alt_names",
                "[\"lan\"] | \"lan\" | alt_names",
                "\"address\": \"020000000001\" | \"address\": \"02:00\" | address",
                "\"address\": \"020000000001\" | \"address\": \"0\" | address",
                "\"permanent\": \"020000000001\" | \"permanent\": \"no\" | permanent",
                "[\"0a0b\"] | [\"0a0\"] | addresses",
                "\"routes\": [] | \"routes\": [\"zz\"] | routes",
                "\"up\" | \"flags\": \"x\", \"up\" | flags",
            })
    void aFieldThatIsNotWhatItShouldBeIsNamed(String old, String damaged, String field) throws IOException {
        Files.writeString(file, OLD.replace(old, damaged));

        assertThatThrownBy(() -> journal.read())
                .isInstanceOf(JboxException.class)
                .hasMessage("journal " + file + " is damaged: \"" + field + "\" is missing or wrong");
    }

    @Test
    void aJournalThatCannotBeReadIsNoEmptyOne() throws IOException {
        Files.createDirectory(file);

        assertThatThrownBy(() -> journal.read())
                .isInstanceOf(JboxException.class)
                .hasMessageStartingWith("journal ");
    }
}
