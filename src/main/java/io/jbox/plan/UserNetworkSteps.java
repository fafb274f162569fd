package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.Net;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.facts.IdMap;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Fail;
import io.jbox.program.Step;
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

    /** The program that takes the box's packets sees nothing of the host's configuration, and none of its sockets. */
    private static final String HIDE =
            "for f in /etc /run; do mount -t tmpfs -o size=4k,mode=755 hidden $f; done && exec \"$@\"";

    private static final Descriptor INNER = new Descriptor("inner-" + PROGRAM);
    private static final Descriptor OUTER = new Descriptor("outer-" + PROGRAM);

    private static final Descriptor BETWEEN_NETNS = new Descriptor("between-netns");
    private static final Descriptor BETWEEN_ROUTES = new Descriptor("between-routes");

    private final @Nullable Net net;
    private final String name;
    private final boolean ordinary;
    private final boolean hasGroup;
    private final @Nullable IdMap ids;
    private final List<String> hostAddresses;

    UserNetworkSteps(Config config, HostFacts facts) {
        this.ordinary = facts.isOrdinary();
        this.hasGroup = config.leavesIdsToHost() || isAlone(config, false);
        this.ids = config.hasUserNamespace() ? new IdMap(config.idmap()) : null;
        this.hostAddresses = facts.network().own();
        List<Net> nets = config.net();
        Net found = null;
        String foundName = "";
        for (int i = 0; i < nets.size(); i++) {
            if (nets.get(i).is("user")) {
                found = nets.get(i);
                foundName = InterfaceChoices.names(nets).get(i);
            }
        }
        this.net = found;
        this.name = foundName;
    }

    /**
     * Whether an ordinary user can give a box such a network: setting its root's group takes setgroups(2), which a group that is
     * mapped alone has lost, and without its root's user there are no rights over it.
     */
    static boolean canBeCarried(Config config) {
        return config.leavesIdsToHost() || isAlone(config, true) || !isAlone(config, false);
    }

    /** Whether who starts the box is its root, or its root's group: the one id that is mapped alone, by the kernel's rules. */
    private static boolean isAlone(Config config, boolean user) {
        for (Value<IdMapping> value : config.idmap()) {
            IdMapping mapping = value.get();
            if ((user ? mapping.mapsUsers() : mapping.mapsGroups()) && mapping.inside() == 0) {
                return mapping.count() == 1;
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
        // Opened before it has another user: that one may not look at the first process.
        inner.add(text("/bin/sh"));
        inner.add(text("-c"));
        inner.add(text("exec 3<\"$0\" && exec \"$@\""));
        inner.add(new Arg.OfInit("ns/net"));
        if (ids != null) {
            inner.add(text("/usr/bin/nsenter"));
            // Whoever is another user in the box than its root has no rights over its network.
            if (ordinary && hasGroup) {
                // Whose group is mapped alone may set no others.
                inner.add(text("--preserve-credentials"));
            } else {
                inner.add(text("--setuid=0"));
                inner.add(text("--setgid=0"));
            }
            inner.add(new Arg.OfInit("ns/user", "--user="));
        }
        inner.add(text("/usr/bin/unshare"));
        inner.add(text("--net"));
        inner.add(text("--mount"));
        inner.add(text("/bin/sh"));
        inner.add(text("-c"));
        inner.add(text(HIDE));
        inner.add(text("sh"));
        options(inner, mtu, "--disable-dns");
        inner.add(text("--netns-type=path"));
        inner.add(text("--"));
        inner.add(text("/proc/self/fd/3"));
        inner.add(text(name));
        steps.add(program(net, "let " + PROGRAM + " carry \"" + name + "\" to a network in between", INNER, inner));

        List<Arg> outer = new ArrayList<>();
        outer.add(text("setsid"));
        if (ids != null && !ordinary) {
            // The owner of the box's user namespace, who may enter that network, and nobody else.
            outer.add(text("/usr/bin/setpriv"));
            outer.add(text("--reuid=" + ids.hostUid(0)));
            outer.add(text("--regid=" + ids.hostGid(0)));
            outer.add(text("--clear-groups"));
            outer.add(text("--inh-caps=-all"));
            outer.add(text("--bounding-set=-all"));
        }
        options(outer, mtu, "--cidr=" + BETWEEN);
        outer.add(text("--"));
        outer.add(new Arg.PidOf(INNER));
        outer.add(text("tap0"));
        steps.add(program(net, "let " + PROGRAM + " carry that network to the host's", OUTER, outer));
        keepFromHost(net, steps);
    }

    /** What the second program connects to is never an address of the host's own: firewalls let those pass that come from lo. */
    private void keepFromHost(Net user, List<Step> steps) {
        if (hostAddresses.isEmpty()) {
            return;
        }
        steps.add(Step.by(Actor.JBOX, "open the network in between", user.host().place())
                .open(
                        BETWEEN_NETNS,
                        "openat",
                        cwd(),
                        new Arg.OfProgram(INNER, "ns/net"),
                        flags("O_RDONLY", "O_CLOEXEC"))
                .open(
                        BETWEEN_ROUTES,
                        "socket",
                        flags("AF_NETLINK"),
                        flags("SOCK_RAW", "SOCK_CLOEXEC"),
                        number(0),
                        fd(BETWEEN_NETNS))
                .build());
        Step.Draft step = Step.by(
                Actor.JBOX,
                "let no connection out of it to the host's own addresses",
                user.host().place());
        for (String address : hostAddresses) {
            RouteMessages.unreachable(step, BETWEEN_ROUTES, address);
        }
        steps.add(step.build());
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
                .add(Effect.of(Effect.Kind.PROGRAM, text("/usr/bin/setsid"), new Arg.Words(words), fd(Descriptors.TIE))
                        .opens(pidfd))
                .hint(null, "ENOENT", "apt install " + PROGRAM)
                .hint(null, Fail.Reason.STATUS.word(), "it needs /dev/net/tun, for everybody to open (mode 0666)")
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
