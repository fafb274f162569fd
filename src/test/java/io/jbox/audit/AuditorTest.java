package io.jbox.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.facts.HostFacts;
import io.jbox.program.DataArg;
import io.jbox.schema.TestConfigs;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link Auditor}: every line that opens something is named, and nothing else. */
class AuditorTest {
    private static final List<HostFacts.Hierarchy> CGROUPS =
            List.of(new HostFacts.Hierarchy("/sys/fs/cgroup", true, List.of("memory", "pids")));

    private static List<Finding> findings(String... lines) {
        return findings(-1, CGROUPS, lines);
    }

    private static List<Finding> findings(long capabilities, List<HostFacts.Hierarchy> cgroups, String... lines) {
        return findings(
                capabilities, cgroups, TestConfigs.of("rootfs: {path: /r}\n" + String.join("\n", lines) + "\n"));
    }

    private static List<Finding> findings(Config config) {
        return findings(-1, CGROUPS, config);
    }

    private static List<Finding> findings(long capabilities, List<HostFacts.Hierarchy> cgroups, Config config) {
        boolean filtered = !config.confinement().seccomp().get().equals("none");
        HostFacts facts = HostFacts.of("x86_64", capabilities, 40, "/scripts")
                .hierarchies(cgroups, "")
                .filter(filtered ? new DataArg.Filter("default: 1 of 2 calls", new byte[8]) : null)
                .ids(List.of(IdMapping.range(100_000)))
                .build();
        return new Auditor(config, facts, new View()).findings();
    }

    @Test
    void aDefaultBoxHasNothingWorseThanInfo() {
        assertThat(findings("limits: {memory: 64M}"))
                .extracting(Finding::severity)
                .containsOnly(Severity.INFO);
        assertThat(findings().get(0).about()).contains("use up the host's memory");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "HIGH   | idmap: none                                     | idmap: its root is the host's root",
                "HIGH   | idmap: [u 0 0 65536, g 0 0 65536]               | idmap: the box has the host's ids from 0 on",
                "INFO   | idmap: [u 0 100000 65536, g 0 100000 65536]     | whether another box uses these ids",
                "MEDIUM | cap: {keep: [sys_admin]}                        | cap: sys_admin of its own user namespace",
                "MEDIUM | net: [{type: none}]                             | net: shares the host's network",
                "MEDIUM | namespace: {keep: [ipc]}                        | shares the host's ipc namespace",
                "LOW    | namespace: {keep: [cgroup]}                     | shares the host's cgroup namespace",
                "MEDIUM | seccomp: {profile: none}                        | seccomp: it can make every system call",
                "MEDIUM | mount: {entry: [/etc etc none bind]}            | the host's /etc is writable where it is world-writable",
                "HIGH   | mount: {entry: [\"/etc etc none bind,idmap=container\"]} | the host's /etc is writable",
                "LOW    | mount: {entry: [\"/etc etc none bind,ro\"]}     | reads the host's /etc",
                "LOW    | mount: {entry: [\"/etc/ etc none bind,ro\"]}    | reads the host's /etc",
                "MEDIUM | mount: {entry: [\"/etc/ etc none bind,ro\"]}    | with /etc/gshadow as far as it is world-readable",
                "MEDIUM | mount: {entry: [/etc/cron.d x none bind]}       | the host's /etc/cron.d is writable",
                "HIGH   | mount: {entry: [\"/etc/cron.d x none bind,idmap=container\"]} | the host's /etc/cron.d is writable",
                "HIGH   | mount: {entry: [\"/etc/cron.d x none bind,idmap=0:0\"]} | the host's /etc/cron.d is writable",
                "HIGH   | mount: {entry: [\"/root/.ssh x none bind,ro,idmap=container\"]} | reads the host's /root/.ssh, with /root/.ssh",
                "MEDIUM | mount: {entry: [\"/home/joe/.ssh x none bind,ro\"]} | reads the host's /home/joe/.ssh, with",
                "HIGH   | mount: {entry: [\"/var/run/docker.sock x none bind,ro\"]} | can talk to /run/docker.sock",
                "HIGH   | mount: {entry: [\"/run/podman x none bind,ro\"]} | can talk to /run/podman/podman.sock",
                "HIGH   | mount: {entry: [\"/run/user/1000/podman/podman.sock x none bind,ro\"]} | can talk to",
                "HIGH   | mount: {entry: [\"/ x none bind,ro\"]}          | can talk to /run/containerd/containerd.sock",
                "MEDIUM | mount: {entry: [\"/srv/x/some.sock x none bind,ro\"]} | can talk to the host's /srv/x/some.sock",
                "HIGH   | mount: {entry: [\"/run/again x none bind,idmap=container\"]} | the host's / is writable",
                "HIGH   | mount: {entry: [\"/run/again/etc x none bind,idmap=container\"]} | the host's /etc is writable",
                "MEDIUM | mount: {entry: [\"/run/user/1000/bus x none bind,ro\"]} | a socket is never read-only",
                "LOW    | mount: {entry: [\"/srv/disk x none bind,ro\"]} | a device is never read-only",
                "HIGH   | mount: {entry: [\"/run/udev x none bind,idmap=container\"]} | the host's /run/udev is writable",
                "HIGH   | mount: {entry: [\"/home/joe x none bind,ro,idmap=container\"]} | with /home/joe/.ssh",
                "MEDIUM | mount: {entry: [\"/home/joe x none bind,idmap=container\"]} | a user's /home/joe is writable",
                "MEDIUM | prlimit: {rtprio: 99}                           | prlimit.rtprio: it can keep everything",
                "MEDIUM | console: {logfile: /etc/cron.d/x}                | is written to the host's /etc/cron.d/x",
                "INFO   | log: {file: /srv/log}                            | is written to the host's /srv/log",
                "INFO   | hook: {start: ':'}                               | 1 commands run in the box before its program",
                "LOW    | mount: {entry: [/srv/x x none bind]}            | the host's /srv/x is writable",
                "LOW    | mount: {entry: [/dev/fuse dev/fuse none bind]}  | the host's device /dev/fuse",
                "LOW    | mount: {auto: [proc:rw]}                        | mount.auto: proc:rw",
                "LOW    | autodev: 0                                      | autodev",
                "MEDIUM | limits: {memory: 1M, pids: max}                 | use up the host's processes",
                "INFO   | hook: {pre-start: ':'}                          | hook: 1 commands run on the host"
            })
    void theLineThatOpensSomethingIsNamed(Severity severity, String line, String about) {
        assertThat(findings(line)).anySatisfy(finding -> {
            assertThat(finding.about()).contains(about);
            assertThat(finding.severity()).isEqualTo(severity);
            assertThat(finding.place().isDefault() || finding.place().line() >= 2)
                    .isTrue();
        });
    }

    @Test
    void aBoxOfAnOrdinaryUserHasNoLimitsWithoutACgroup() {
        assertThat(findings(0, List.of(), "limits: {memory: 64M}"))
                .extracting(finding -> finding.severity() + " "
                        + finding.about().substring(0, finding.about().indexOf(':')))
                .contains("MEDIUM limits", "INFO idmap");
        assertThat(findings(0, CGROUPS, "limits: {memory: 64M}"))
                .extracting(Finding::severity)
                .containsOnly(Severity.INFO);
    }

    @Test
    void withoutAUserNamespaceItIsTheHostThatCapabilitiesAreOf() {
        List<Finding> findings = findings("idmap: none", "cap: {keep: [sys_module, mknod, chown]}");

        assertThat(findings)
                .filteredOn(finding -> finding.about().startsWith("cap: "))
                .extracting(Finding::about)
                .containsExactly("cap: sys_module applies to the whole host", "cap: mknod applies to the whole host");
        assertThat(findings.get(0).severity()).isEqualTo(Severity.HIGH);
        assertThat(findings("idmap: none", "mount: {auto: [sys:rw]}"))
                .anyMatch(finding ->
                        finding.about().startsWith("mount.auto: sys:rw") && finding.severity() == Severity.HIGH);
    }

    @Test
    void layersAreRootsToo() {
        for (String lower : List.of("/", "/etc", "/run/again")) {
            Config config = TestConfigs.of("rootfs: {path: 'overlay:" + lower + ":/srv/u'}\n");
            assertThat(findings(config)).anySatisfy(finding -> {
                assertThat(finding.severity()).isEqualTo(Severity.HIGH);
                assertThat(finding.about()).contains("reads all of the host's");
            });
        }
        Config mounted = TestConfigs.of("rootfs: {path: /r}\nidmap: none\n"
                + "mount: {entry: [\"overlay x overlay lowerdir=/srv/a:/,upperdir=/srv/u,workdir=/srv/w\"]}\n");
        assertThat(findings(mounted)).extracting(Finding::about).anyMatch(about -> about.contains("the host's /"));
    }

    /** A host with a bus of a name that says nothing, a disk, and its root mounted once more. */
    private static final class View implements HostView {
        @Override
        public Kind kind(String path) {
            return path.equals("/run/user/1000/bus")
                    ? Kind.SOCKET
                    : path.equals("/srv/disk") ? Kind.DEVICE : Kind.OTHER;
        }

        @Override
        public List<String> names(String path) {
            return path.startsWith("/run/again")
                    ? List.of(path, "/" + path.substring("/run/again".length()))
                    : List.of(path);
        }
    }
}
