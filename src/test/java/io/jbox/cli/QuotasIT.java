package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.HostPrograms;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the kernel counts for a user (ucounts, rlimits): a box that takes all it can get takes nothing of root's. */
class QuotasIT {
    /** Asks for one more of a thing, and says so if there is none. */
    private static final String ONE_MORE = "perl -e '%s or print int($!)'";

    private static HostPrograms programs;

    @BeforeAll
    static void host() throws IOException {
        TestHost.require();
        programs = new HostPrograms(Path.of("/run/quotas"));
    }

    @AfterEach
    void nothingIsLeft() {
        TestHost.jbox("stop", "-k", "greedy");
        TestHost.jbox("stop", "-k", "other");
        assertThat(Boxes.leftovers()).isEmpty();
    }

    /** A box with the machine's own programs, so that there is a perl. */
    private static String define(String name, String init) throws IOException {
        return programs.define(name, "{type: empty, flags: up}", init);
    }

    /** Each call returns less than 0 when the quota of whoever made the box's user namespace is used up. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            inotify instances | 20000  | syscall(%inotify_init1, 0) >= 0
            message queues    | 20000  | syscall(%mq_open, $n = "q$$-" . $i++, 0102, 0600, 0) >= 0
            pending signals   | 200000 | syscall(%timer_create, 1, 0, $t = "    ") >= 0
            """)
    void whatABoxUsesUpIsItsOwn(String what, int most, String template) throws IOException {
        String call = template;
        for (String name : List.of("inotify_init1", "mq_open", "timer_create")) {
            call = call.replace("%" + name, Integer.toString(io.jbox.seccomp.CallTables.number(name)));
        }
        String init = "init: {cmd: [/usr/bin/perl, -e, '$e = 0; for (1.." + most + ") { " + call
                + " or $e = int($!), last };" + " open F, \">/dev/shm/used-up\"; print F $e; close F; sleep 1000']}";
        Boxes.jbox("start", define("greedy", init));
        Boxes.jbox("start", define("other", "init: {cmd: [/bin/sleep, '1000']}"));
        Boxes.await(
                "the box to use up its " + what,
                () -> !TestHost.jbox("exec", "greedy", "--", "cat", "/dev/shm/used-up")
                        .out()
                        .isEmpty());

        assertThat(Boxes.jbox("exec", "greedy", "--", "cat", "/dev/shm/used-up").out())
                .as("there is an end to it")
                .isNotEqualTo("0");
        assertThat(Wires.sh(ONE_MORE.formatted(call))).as("the host's root").isEmpty();
        assertThat(Boxes.jbox("exec", "other", "--", "sh", "-c", ONE_MORE.formatted(call))
                        .out())
                .as("another box")
                .isEmpty();
    }

    /** ioctl_ns(2); the kernel counts what is in a user namespace for its owner as well. */
    @Test
    void theOwnerOfTheBoxIsItsOwnFirstId() throws IOException {
        Boxes.jbox("start", define("other", "init: {cmd: [/bin/sleep, '1000']}"));
        String pid = Boxes.jbox("pid", "other").out().trim();

        String owner = Wires.sh("perl -e 'open F, \"</proc/" + pid
                + "/ns/user\"; ioctl(F, 0xb704, $o = pack(\"L\", 0)) or die; print unpack(\"L\", $o)'");

        assertThat(owner).isEqualTo(Wires.sh("awk '/^Uid/ { printf $2 }' /proc/" + pid + "/status"));
        assertThat(owner).isNotEqualTo("0");
        assertThat(Wires.sh("perl -e 'open F, \"</proc/" + pid + "/ns/net\"; ioctl(F, 0xb701, 0) >= 0 or die $!'"))
                .isEmpty();
    }
}
