package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code jbox audit}: read off the configuration, and tried from inside. */
class AuditIT {
    private static final String TMP = "mount: {auto: [proc:mixed, sys:ro], entry: [tmpfs tmp tmpfs mode=1777]}";

    @BeforeAll
    static void host() {
        TestHost.require();
    }

    @AfterEach
    void stop() {
        TestHost.jbox("stop", "-k", "audited");
        assertThat(Boxes.leftovers()).isEmpty();
    }

    @Test
    void theExitCodeIsThatOfTheWorst() {
        String good = Boxes.define("audited", "limits: {memory: 64M}");
        assertThat(TestHost.jbox("audit", good).exitCode()).isZero();
        Result bad = TestHost.jbox("audit", Boxes.define("audited", "idmap: none"));

        assertThat(bad.exitCode()).isEqualTo(5);
        assertThat(bad.out())
                .contains(
                        "high    idmap: its root is the host's root, and uses root's quotas",
                        "(idmap: auto)\n  /run/boxes/audited.yaml:3:8\n")
                .contains("   3 | idmap: none\n");
        assertThat(TestHost.jbox("audit", "--json", "/run/boxes/audited.yaml").out())
                .contains("\"severity\": \"high\"")
                .contains("\"place\": \"/run/boxes/audited.yaml:3:8\"");
    }

    /** A profile is no defence by being there. */
    @Test
    void aProfileThatAllowsEverythingIsTold() throws IOException {
        Path profile = Path.of("/run/boxes/open.json");
        Files.createDirectories(profile.getParent());
        Files.writeString(
                profile,
                "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"acct\"], \"action\":"
                        + " \"SCMP_ACT_ERRNO\"}]}");

        Result result = TestHost.jbox(
                "audit", Boxes.define("audited", "seccomp: {profile: " + profile + "}", "limits: {memory: 64M}"));

        assertThat(result.out()).containsPattern("medium +seccomp: .*others allow");
    }

    @Test
    void noKnownWayLeadsOutOfADefaultBox() {
        Boxes.jbox("start", Boxes.define("audited", Boxes.idle(), TMP));

        Result result = TestHost.jbox("audit", "--try", "audited");

        assertThat(result.out()).isEqualTo("info    17 of 17 ways out are closed\n");
        assertThat(result.exitCode()).isZero();
    }

    /** The same tries find what is open: each defence is one that they would miss. */
    @Test
    void theSameWaysLeadOutOfAnOpenOne() {
        Boxes.jbox(
                "start",
                Boxes.define(
                        "audited",
                        Boxes.idle(),
                        "seccomp: {profile: none}",
                        "idmap: none",
                        "cap: {keep: [sys_admin, sys_chroot, mknod, dac_override, syslog]}",
                        TMP.replace("proc:mixed, sys:ro", "proc:rw, sys:rw")));

        Result result = TestHost.jbox("audit", "--try", "audited");

        assertThat(result.exitCode()).isEqualTo(5);
        assertThat(result.out())
                .contains("high    it can write a parameter of the host's kernel\n")
                .contains("high    it can uncover masked files\n")
                .contains("high    it can mount cgroups, which have a release_agent\n")
                .contains("medium  it can mount a file system\n")
                .contains("medium  it can make a mount namespace\n")
                .contains("medium  it can make a user namespace\n");
    }
}
