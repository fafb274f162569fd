package io.jbox.plan;

import static io.jbox.plan.Arg.fd;
import static io.jbox.plan.Arg.flags;
import static io.jbox.plan.Arg.number;
import static io.jbox.plan.Arg.text;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.Net;
import io.jbox.config.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code type: user}: outgoing connections without any right over the host's network. slirp4netns(1) carries what the box
 * sends to an interface of its own; it ends with whoever holds the other end of a pipe, the monitor or jbox.
 */
final class UserNetworkSteps {
    private static final String PROGRAM = "slirp4netns";
    /** The most that it takes, less a header: large pieces are what makes it quick. */
    private static final long MTU = 65_520;

    /** It answers for the host's resolver there (slirp4netns(1), "FILES AND ADDRESSES"). */
    private static final String RESOLVER = "nameserver 10.0.3.3\n";

    private static final String BETWEEN = "10.0.3.0/24";

    private static final Descriptor INNER = new Descriptor("inner-" + PROGRAM);
    private static final Descriptor OUTER = new Descriptor("outer-" + PROGRAM);

    private final @Nullable Net net;
    private final String name;
    private final boolean ordinary;
    private final boolean isRoot;

    UserNetworkSteps(Config config, HostFacts facts) {
        this.ordinary = facts.isOrdinary();
        this.isRoot = config.leavesIdsToHost() || isRoot(config);
        List<Net> nets = config.net();
        Net found = null;
        String foundName = "";
        for (int i = 0; i < nets.size(); i++) {
            if (nets.get(i).is("user")) {
                found = nets.get(i);
                foundName = NetworkSteps.names(nets).get(i);
            }
        }
        this.net = found;
        this.name = foundName;
    }

    /** Whether who starts the box is its root: the one user that is mapped alone, by the kernel's rules. */
    private static boolean isRoot(Config config) {
        for (Value<IdMapping> value : config.idmap()) {
            if (value.get().mapsUsers()
                    && value.get().inside() == 0
                    && value.get().count() > 1) {
                return false;
            }
        }
        return true;
    }

    /** The pipe whose other end is open for as long as the box is to have its network. */
    void open(List<Step> steps) {
        if (net != null) {
            steps.add(Step.by(Actor.JBOX, "make the pipe that ends " + PROGRAM, net.place())
                    .call("pipe2", new Arg.Pair(Descriptors.TIE, Descriptors.TIE_HELD), flags("O_CLOEXEC"))
                    .build());
        }
    }

    /** What the monitor is to hold. */
    List<Descriptor> held() {
        return net == null ? List.of() : List.of(Descriptors.TIE_HELD);
    }

    /**
     * Two of them, one behind the other. The first takes each packet of the box for a connection of a network in between,
     * which nobody else is in: what is for 127.0.0.1 or 0.0.0.0 ends there, whatever the box makes of its packets, and whenever.
     * The second carries what that network's kernel has sent: that is never for a loopback. Alone it would take the box's
     * packets for the host's loopback to there.
     */
    void connect(List<Step> steps) {
        if (net == null) {
            return;
        }
        Value<Long> size = net.mtu();
        String mtu = "--mtu=" + (size == null ? MTU : size.get());
        List<Arg> inner = new ArrayList<>();
        // In a session of its own: what ends the caller's terminal, or its Ctrl-C, is not the box's end.
        inner.add(text("setsid"));
        if (ordinary) {
            inner.add(text("/usr/bin/nsenter"));
            // Whoever is another user in the box than its root has no rights over its network.
            if (isRoot) {
                inner.add(text("--preserve-credentials"));
            } else {
                inner.add(text("--setuid=0"));
                inner.add(text("--setgid=0"));
            }
            inner.add(new Arg.OfInit("ns/user", "--user="));
        }
        inner.add(text("/usr/bin/unshare"));
        inner.add(text("--net"));
        options(inner, mtu, "--disable-dns");
        inner.add(text("--netns-type=path"));
        inner.add(text("--"));
        inner.add(new Arg.OfInit("ns/net"));
        inner.add(text(name));
        steps.add(program(net, "let " + PROGRAM + " carry \"" + name + "\" to a network in between", INNER, inner));

        List<Arg> outer = new ArrayList<>();
        outer.add(text("setsid"));
        options(outer, mtu, "--cidr=" + BETWEEN);
        outer.add(text("--"));
        outer.add(new Arg.PidOf(INNER));
        outer.add(text("tap0"));
        steps.add(program(net, "let " + PROGRAM + " carry that network to the host's", OUTER, outer));
    }

    private static void options(List<Arg> words, String mtu, String own) {
        for (String word : List.of(
                "/usr/bin/" + PROGRAM,
                "--configure",
                mtu,
                own,
                "--disable-host-loopback",
                "--enable-sandbox",
                "--enable-seccomp",
                "--exit-fd=0",
                "--ready-fd=1")) {
            words.add(text(word));
        }
    }

    private static Step program(Net net, String subject, Descriptor pidfd, List<Arg> words) {
        return Step.by(Actor.JBOX, subject, net.type().place())
                .open(pidfd, "execve", text("/usr/bin/setsid"), new Arg.Words(words), fd(Descriptors.TIE))
                .hint("execve", "ENOENT", "apt install " + PROGRAM)
                .hint("execve", Step.Hint.STATUS, "it needs /dev/net/tun, for everybody to open (mode 0666)")
                .build();
    }

    /** Over the box's own resolv.conf, if it has one: nobody else tells it of the resolver. */
    void resolver(List<Step> steps) {
        if (net == null) {
            return;
        }
        Descriptor mount = new Descriptor("resolver");
        Descriptor file = new Descriptor("resolver-file");
        Descriptor copy = new Descriptor("resolver-copy");
        Descriptor target = new Descriptor("resolver-target");
        Step.Draft step = Step.by(
                        Actor.INIT,
                        "mount a file on \"/etc/resolv.conf\"",
                        net.type().place())
                .add(
                        "openat2",
                        Call.Outcome.ELSE_SKIP_STEP,
                        target,
                        fd(Descriptors.ROOTFS),
                        text("etc/resolv.conf"),
                        MountCalls.targetHow(false),
                        number(24));
        MountCalls.make(
                step,
                mount,
                "tmpfs",
                List.of("source=resolver", "mode=0755", "size=4k"),
                List.of("MOUNT_ATTR_NOSUID", "MOUNT_ATTR_NODEV", "MOUNT_ATTR_NOEXEC"));
        step.open(
                        file,
                        "openat",
                        fd(mount),
                        text("resolv.conf"),
                        flags("O_WRONLY", "O_CREAT", "O_CLOEXEC"),
                        Arg.mode(0644))
                .call("write", fd(file), text(RESOLVER), number(RESOLVER.length()));
        MountCalls.copy(step, copy, fd(mount), "resolv.conf", false);
        MountCalls.attach(step, copy, target);
        step.hint("move_mount", "EINVAL", "it is a folder in the root file system, and must be a file or not be there");
        steps.add(step.build());
    }
}
