package io.jbox.plan;

import static io.jbox.uapi.Flag.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.Golden;
import io.jbox.config.Namespace;
import io.jbox.facts.Caller;
import io.jbox.facts.EnterRequest;
import io.jbox.facts.ToolProgram;
import io.jbox.facts.UnshareRequest;
import io.jbox.facts.WrittenMap;
import io.jbox.program.Plan;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the namespace tools become, to be read in review. */
class ToolPlanTest {
    private static final Path GOLDEN = Path.of("src/test/resources/plans/tools");
    private static final List<String> ENVIRONMENT = List.of("PATH=/usr/bin:/bin", "LANG=C");
    private static final Caller CALLER =
            new Caller(1234, 1000, 1000, 0, 1 << 14, List.of(0, 1, 2), -1, List.of(), ENVIRONMENT);

    private static void check(String name, Plan plan) {
        Golden.check(GOLDEN.resolve(name + ".plan"), plan.text());
    }

    private static UnshareRequest unshare(
            Set<Namespace> namespaces,
            Map<Namespace, String> kept,
            UnshareRequest.@Nullable Child child,
            WrittenMap users,
            @Nullable String proc) {
        return new UnshareRequest(
                new TreeSet<>(namespaces),
                kept,
                child,
                new UnshareRequest.Ids(0L, 0L, users, users, null, null),
                new UnshareRequest.Mounts(List.of(MS_REC, MS_PRIVATE), proc, null, null, null),
                Map.of(),
                new ToolProgram(null, null, true, ENVIRONMENT, List.of("ls", "-l")));
    }

    @Test
    void unshareInThisProcess() {
        UnshareRequest request =
                unshare(Set.of(Namespace.USER, Namespace.MNT), Map.of(), null, WrittenMap.NONE, "/proc");

        check("unshare", new UnsharePlanner(CALLER, request).plan(List.of("unshare", "-rm"), new byte[0]));
    }

    @Test
    void unshareInAChildWithHelpersForMapsAndMounts() {
        Map<Namespace, String> kept = new EnumMap<>(Map.of(Namespace.PID, "/run/pid"));
        WrittenMap map = new WrittenMap(List.of("0 1000 1", "1 100000 65535"), "/usr/bin/newuidmap");
        UnshareRequest request =
                unshare(Set.of(Namespace.USER, Namespace.PID), kept, new UnshareRequest.Child(9, true), map, null);

        check("unshare-fork", new UnsharePlanner(CALLER, request).plan(List.of("unshare"), new byte[0]));
    }

    /** The kernel opens an interpreter with flag F when it is registered: the new root may not have it. */
    @Test
    void anInterpreterThatIsOpenedAtOnceIsRegisteredBeforeTheNewRoot() {
        assertThat(withRoot(":x:M::x::/bin/x:F")).containsSubsequence("register", "chroot", "mount \"binfmt_misc\"");
        assertThat(withRoot(":x:M::x::/bin/x:")).containsSubsequence("chroot", "mount \"binfmt_misc\"", "register");
    }

    private static String withRoot(String interpreter) {
        UnshareRequest request = new UnshareRequest(
                new TreeSet<>(Set.of(Namespace.USER, Namespace.MNT)),
                Map.of(),
                null,
                new UnshareRequest.Ids(0L, 0L, WrittenMap.NONE, WrittenMap.NONE, null, null),
                new UnshareRequest.Mounts(
                        List.of(),
                        null,
                        new UnshareRequest.Binfmt("/proc/sys/fs/binfmt_misc", true, interpreter),
                        "/new",
                        null),
                Map.of(),
                new ToolProgram(null, null, false, ENVIRONMENT, List.of("true")));
        return new UnsharePlanner(CALLER, request).plan(List.of(), new byte[0]).text();
    }

    @Test
    void nsenterWithTheUserNamespaceAndARoot() {
        EnterRequest request = new EnterRequest(
                new TreeSet<>(Set.of(Namespace.USER, Namespace.MNT, Namespace.PID)),
                Set.of(Namespace.NET),
                new EnterRequest.Folders(true, false, null),
                1,
                true,
                new ToolProgram(0L, 0L, false, ENVIRONMENT, List.of()));

        check(
                "nsenter",
                new EnterPlanner(CALLER, request)
                        .plan(
                                List.of("nsenter"),
                                List.of(
                                        Descriptors.TARGET,
                                        Descriptors.namespace(Namespace.NET),
                                        Descriptors.NEW_ROOT,
                                        Descriptors.procs(0))));
    }

    @Test
    void aProgramInEachNamedNetwork() {
        List<NetworkExecPlanner.NamedNetwork> networks = List.of(
                new NetworkExecPlanner.NamedNetwork("blue", List.of("resolv.conf")),
                new NetworkExecPlanner.NamedNetwork("red", List.of()));

        check(
                "netns-all",
                new NetworkExecPlanner(CALLER, networks, true, List.of("/bin/ip", "addr")).planEach(List.of("netns")));
    }
}
