package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.facts.IdMap;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Fail;
import io.jbox.program.NetworkEffect;
import io.jbox.program.ProcArg;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Plans {@code type: user}: outgoing connections without any rights over the host's network. slirp4netns(1) carries
 * what the box sends to one of its interfaces; it ends when the process at the other end of a pipe does, the monitor or
 * jbox.
 */
final class UserNetworkSteps {
    private static final String PROGRAM = "slirp4netns";
    /** The largest accepted value, less a header: large packets make it fast. */
    private static final long MTU = 65_520;

    /** slirp4netns forwards to the host's resolver at this address (slirp4netns(1), "FILES AND ADDRESSES"). */
    private static final String RESOLVER = "nameserver 10.0.3.3\n";

    private static final String BETWEEN = "10.0.3.0/24";

    /** Hides the host's configuration and sockets from the program that receives the box's packets. */
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
        this.ids = config.hasUserNamespace() ? new IdMap(config.namespaces().idmap()) : null;
        this.hostAddresses = facts.network().own();
        List<Net> nets = config.net();
        Net found = null;
        String foundName = "";
        for (int i = 0; i < nets.size(); i++) {
            if (nets.get(i).is(NetType.USER)) {
                found = nets.get(i);
                foundName = InterfaceChoices.names(nets).get(i);
            }
        }
        this.net = found;
        this.name = foundName;
    }

    /**
     * Whether an unprivileged user can give a box such a network: setting its root's group takes setgroups(2), which is
     * lost if a single group is mapped, and without the root's user there are no rights over the network.
     */
    static boolean canBeCarried(Config config) {
        return config.leavesIdsToHost() || isAlone(config, true) || !isAlone(config, false);
    }

    /** Whether the user who starts the box is mapped alone as its root or its root's group, as the kernel permits. */
    private static boolean isAlone(Config config, boolean user) {
        for (Value<IdMapping> value : config.namespaces().idmap()) {
            IdMapping mapping = value.get();
            if ((user ? mapping.mapsUsers() : mapping.mapsGroups()) && mapping.inside() == 0) {
                return mapping.count() == 1;
            }
        }
        return true;
    }

    /**
     * Starts two slirp4netns in a row. The first turns each packet of the box into a connection in an intermediate
     * network that contains nothing else: packets for 127.0.0.1 or 0.0.0.0 always end there. The second carries what
     * that network's kernel has sent, which is never for a loopback. The second alone would deliver packets for a
     * loopback to the host's loopback.
     */
    void connect(List<Step> steps) {
        if (net == null) {
            return;
        }
        Value<Long> size = net.mtu();
        String mtu = "--mtu=" + (size == null ? MTU : size.get());
        List<Arg> inner = new ArrayList<>();
        // In a separate session: the end of the caller's terminal, or Ctrl-C in it, must not end the box.
        inner.add(text("setsid"));
        // Opened before the change of user: the new user may not inspect the first process.
        inner.add(text("/bin/sh"));
        inner.add(text("-c"));
        inner.add(text("exec 3<\"$0\" && exec \"$@\""));
        inner.add(new ProcArg.OfInit("ns/net"));
        if (ids != null) {
            inner.add(text("/usr/bin/nsenter"));
            // A user in the box other than its root has no rights over its network.
            if (ordinary && hasGroup) {
                // A user whose group is mapped alone cannot set other groups.
                inner.add(text("--preserve-credentials"));
            } else {
                inner.add(text("--setuid=0"));
                inner.add(text("--setgid=0"));
            }
            inner.add(new ProcArg.OfInit("ns/user", "--user="));
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
        steps.add(program(net, "connect \"" + name + "\" to an intermediate network with " + PROGRAM, INNER, inner));

        List<Arg> outer = new ArrayList<>();
        outer.add(text("setsid"));
        if (ids != null && !ordinary) {
            // Only the owner of the box's user namespace may enter that network.
            outer.add(text("/usr/bin/setpriv"));
            outer.add(text("--reuid=" + ids.hostUid(0)));
            outer.add(text("--regid=" + ids.hostGid(0)));
            outer.add(text("--clear-groups"));
            outer.add(text("--inh-caps=-all"));
            outer.add(text("--bounding-set=-all"));
        }
        options(outer, mtu, "--cidr=" + BETWEEN);
        outer.add(text("--"));
        outer.add(new ProcArg.PidOf(INNER));
        outer.add(text("tap0"));
        steps.add(program(net, "connect the intermediate network to the host's with " + PROGRAM, OUTER, outer));
        keepFromHost(net, steps);
    }

    /** Keeps the second program from connecting to the host's own addresses: firewalls let connections from lo pass. */
    private void keepFromHost(Net user, List<Step> steps) {
        if (hostAddresses.isEmpty()) {
            return;
        }
        Step.Draft open = Step.by(
                        Actor.JBOX,
                        "open the intermediate network",
                        user.options().host().place())
                .open(BETWEEN_NETNS, OPENAT, cwd(), new ProcArg.OfProgram(INNER, "ns/net"), flags(O_RDONLY, O_CLOEXEC));
        if (ordinary) {
            // A process with several threads cannot enter the user namespace that this network belongs to (setns(2)).
            open.add(new NetworkEffect.RouteSocket(BETWEEN_NETNS, BETWEEN_ROUTES));
        } else {
            RouteSocketSteps.openIn(open, BETWEEN_NETNS, BETWEEN_ROUTES);
        }
        steps.add(open.build());
        RouteMessages messages = new RouteMessages();
        Step.Draft step = Step.by(
                Actor.JBOX,
                "refuse connections from it to the host's own addresses",
                user.options().host().place());
        for (String address : hostAddresses) {
            messages.unreachable(step, BETWEEN_ROUTES, address);
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
                .add(new Effect.HostProgram("/usr/bin/setsid", words, Descriptors.TIE, pidfd))
                .hint(null, Errno.ENOENT, "apt install " + PROGRAM)
                .hint(Fail.Reason.STATUS, "it needs a /dev/net/tun that everybody can open (mode 0666)")
                .build();
    }

    /** Mounts over the box's resolv.conf, if it has one; nothing else tells it of the resolver. */
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
                        OPENAT2,
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
                List.of(MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC));
        step.open(file, OPENAT, fd(mount), text("resolv.conf"), flags(O_WRONLY, O_CREAT, O_CLOEXEC), DataArg.mode(0644))
                .call(WRITE, fd(file), text(RESOLVER), number(RESOLVER.length()));
        MountCalls.copy(step, copy, fd(mount), "resolv.conf", false);
        MountCalls.attach(step, copy, target);
        step.hint(MOVE_MOUNT, Errno.EINVAL, "it is a folder in the root file system, and must be a file or not exist");
        steps.add(step.build());
    }
}
