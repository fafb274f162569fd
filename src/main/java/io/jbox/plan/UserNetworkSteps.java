package io.jbox.plan;

import static io.jbox.plan.Arg.fd;
import static io.jbox.plan.Arg.flags;
import static io.jbox.plan.Arg.number;
import static io.jbox.plan.Arg.text;

import io.jbox.config.Config;
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
    private static final String RESOLVER = "nameserver 10.0.2.3\n";

    private static final Descriptor CARRIER = new Descriptor(PROGRAM);

    private final @Nullable Net net;
    private final String name;

    UserNetworkSteps(Config config) {
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

    void connect(List<Step> steps) {
        if (net == null) {
            return;
        }
        Value<Long> mtu = net.mtu();
        List<Arg> words = new ArrayList<>();
        // In a session of its own: what ends the caller's terminal, or its Ctrl-C, is not the box's end.
        for (String word : List.of(
                "setsid",
                "/usr/bin/" + PROGRAM,
                "--configure",
                "--mtu=" + (mtu == null ? MTU : mtu.get()),
                "--disable-host-loopback",
                "--enable-sandbox",
                "--enable-seccomp",
                "--exit-fd=0",
                "--ready-fd=1",
                "--")) {
            words.add(text(word));
        }
        words.add(new Arg.InitPid(0));
        words.add(text(name));
        steps.add(Step.by(
                        Actor.JBOX,
                        "let " + PROGRAM + " carry \"" + name + "\"",
                        net.type().place())
                .open(CARRIER, "execve", text("/usr/bin/setsid"), new Arg.Words(words), fd(Descriptors.TIE))
                .hint("execve", "ENOENT", "apt install " + PROGRAM)
                .hint("execve", Step.Hint.STATUS, "it needs /dev/net/tun, for everybody to open (mode 0666)")
                .build());
        steps.add(keepOffLoopback(net.type()));
    }

    /**
     * The kernel drops what must not reach slirp4netns, before it does: whatever the box makes of its interface and routes.
     * slirp4netns itself keeps the box only from its own alias of the host's loopback.
     */
    private static Step keepOffLoopback(Value<String> type) {
        Descriptor tap = new Descriptor("tap");
        return Step.by(Actor.JBOX, "keep the box off the host's loopback", type.place())
                .open(tap, "pidfd_getfd", fd(CARRIER), new Arg.NumberIn(CARRIER, "/dev/net/tun"), number(0))
                .call("ioctl", fd(tap), flags("TUNATTACHFILTER"), LoopbackFilter.filter())
                .hint("pidfd_getfd", "EPERM", "kernel.yama.ptrace_scope above 1 forbids that to anybody but root")
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
