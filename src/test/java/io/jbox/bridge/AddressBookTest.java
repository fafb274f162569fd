package io.jbox.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.bridge.AddressBook.Owner;
import io.jbox.config.BadValueException;
import io.jbox.config.CommandName;
import io.jbox.config.IpPrefix;
import io.jbox.facts.NetworkFolders;
import io.jbox.kernel.NativeKernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressBookTest {
    private static final Owner WEB = new Owner("web", 0);

    @TempDir
    private Path folder;

    private AddressBook book;

    @BeforeEach
    void book() {
        String lasting = folder.resolve("net").toString();
        book = new AddressBook(NativeKernel.open(), new NetworkFolders("/none", lasting, "/none"), "br0");
    }

    private static IpPrefix network(String text) throws BadValueException {
        return IpPrefix.parse(text, IpPrefix.V4, false);
    }

    private static @Nullable String choose(Map<String, Owner> owners, String network, Owner asker, String... running)
            throws BadValueException {
        TreeSet<String> boxes = new TreeSet<>(List.of(running));
        IpPrefix chosen = AddressBook.choose(owners, network(network), asker, boxes::contains);
        return chosen == null ? null : chosen.toString();
    }

    /** A book of a network's addresses, all of boxes that are called as their last number. */
    private static Map<String, Owner> full(int from, int to) {
        Map<String, Owner> owners = new HashMap<>();
        for (int i = from; i <= to; i++) {
            owners.put("10.0.4." + i, new Owner("box" + i, 0));
        }
        return owners;
    }

    @Test
    void whatIsWrittenIsRead() {
        Map<String, Owner> owners =
                Map.of("10.0.4.7", WEB, "10.0.4.8", new Owner("web", 1), "10.0.4.9", new Owner("a~123", 12));
        book.lock().close();

        book.write(owners);

        assertThat(book.read()).isEqualTo(owners);
        assertThat(folder.resolve("net/br0")).hasContent("10.0.4.7 web 0\n10.0.4.8 web 1\n10.0.4.9 a~123 12\n");
    }

    @Test
    void aBookThatIsNotThereIsEmpty() {
        assertThat(book.read()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "10.0.4.8",
                "10.0.4.8 box",
                "10.0.4.8  0",
                "10.0.4.8 box x",
                "10.0.4.8 box 99999999999",
                " box 1",
                "# comment of mine",
                "10.0.4 box 1",
                "10.0.4.8.9.10 box 1",
                "10.0.4.800 box 1",
                "10.0.4.8/24 box 1",
                "\0\0\0",
                "10.0.4.8 box 1 more"
            })
    void aLineThatIsNoneIsNobodys(String line) throws IOException {
        book.lock().close();
        Files.writeString(folder.resolve("net/br0"), "10.0.4.6 a 0\n" + line + "\n10.0.4.7 web 0\n10.0.4.8 torn 0");

        assertThat(book.read()).isEqualTo(Map.of("10.0.4.6", new Owner("a", 0), "10.0.4.7", WEB));
    }

    @Test
    void aBoxThatIsNoMoreLosesAllItsAddressesAndNoOtherDoes() {
        book.lock().close();
        book.write(Map.of("10.0.4.7", WEB, "10.0.4.8", new Owner("web", 1), "10.0.4.9", new Owner("web2", 0)));

        book.release("web", slot -> false);

        assertThat(book.read()).isEqualTo(Map.of("10.0.4.9", new Owner("web2", 0)));
    }

    @Test
    void anAddressIsChosenByTheNameSoThatItIsTheSameAgain() throws BadValueException {
        String chosen = choose(Map.of(), "10.0.4.1/24", WEB);

        assertThat(choose(Map.of(), "10.0.4.1/24", WEB)).isEqualTo(chosen);
        assertThat(choose(Map.of(), "10.0.4.1/24", new Owner("web", 1))).isNotEqualTo(chosen);
    }

    @Test
    void whoHasAnAddressKeepsIt() throws BadValueException {
        assertThat(choose(Map.of("10.0.4.200", WEB), "10.0.4.1/24", WEB)).isEqualTo("10.0.4.200/24");
        assertThat(choose(Map.of("10.0.4.200", new Owner("web", 1)), "10.0.4.1/24", WEB))
                .isNotEqualTo("10.0.4.200/24");
    }

    /** The host's own bridge may have moved meanwhile: to this very address, or to a network that ends there. */
    @ParameterizedTest
    @CsvSource({
        "10.0.5.7, 10.0.4.1/24",
        "10.0.4.7, 10.0.4.7/24",
        "10.0.4.63, 10.0.4.1/26",
        "10.0.4.64, 10.0.4.65/26",
        "10.0.4.0, 10.0.4.1/24",
        "10.0.4.255, 10.0.4.1/24"
    })
    void butNotOneThatNoBoxCanHaveAnyMore(String had, String network) throws BadValueException {
        assertThat(choose(Map.of(had, WEB), network, WEB)).isNotNull().doesNotStartWith(had + "/");
    }

    @Test
    void everyAddressOfANetworkIsGivenButItsFirstItsLastAndTheBridgesOwn() throws BadValueException {
        Map<String, Owner> owners = new HashMap<>();
        TreeSet<String> given = new TreeSet<>();
        for (int i = 0; i < 5; i++) {
            Owner owner = new Owner("box" + i, 0);
            String address = choose(owners, "10.0.4.11/29", owner, "box0", "box1", "box2", "box3", "box4");
            assertThat(address).isNotNull();
            given.add(String.valueOf(address));
            owners.put(String.valueOf(address).split("/")[0], owner);
        }

        assertThat(given)
                .containsExactly("10.0.4.10/29", "10.0.4.12/29", "10.0.4.13/29", "10.0.4.14/29", "10.0.4.9/29");
        assertThat(choose(owners, "10.0.4.11/29", WEB, "box0", "box1", "box2", "box3", "box4"))
                .isNull();
    }

    @Test
    void whenAllAreTakenOneOfABoxThatDoesNotRunIs() throws BadValueException {
        Map<String, Owner> owners = full(1, 6);

        assertThat(choose(owners, "10.0.4.1/29", WEB, "box2", "box3", "box5", "box6"))
                .isEqualTo("10.0.4.4/29");
    }

    @Test
    void oneOfACommandThatRunsIsNotTaken() throws BadValueException {
        Map<String, Owner> owners = full(2, 6);
        owners.replaceAll((address, owner) -> new Owner(CommandName.of("web", 1), 0));

        assertThat(choose(owners, "10.0.4.1/29", WEB)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.4.1/31", "10.0.4.1/32"})
    void aNetworkWithoutRoomHasNone(String network) throws BadValueException {
        assertThat(choose(Map.of(), network, WEB)).isNull();
    }

    @Test
    void aCommandIsDeadWhenItsProcessIs() {
        long us = ProcessHandle.current().pid();

        assertThat(new Owner(CommandName.of("web", us), 0).isOfDeadCommand()).isFalse();
        assertThat(new Owner(CommandName.of("web", Integer.MAX_VALUE), 0).isOfDeadCommand())
                .isTrue();
        assertThat(WEB.isOfDeadCommand()).isFalse();
    }
}
