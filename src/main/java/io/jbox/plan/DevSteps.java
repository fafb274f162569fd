package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.program.DataArg.mode;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.Namespace;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.facts.IdMap;
import io.jbox.facts.Launch;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.ProcArg;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.List;

/** Builds the box's /dev. It is filled before it is attached, so that nobody can replace anything in it. */
final class DevSteps {
    private record Node(String name, int major, int minor) {}

    private static final List<Node> NODES = List.of(
            new Node("null", 1, 3),
            new Node("zero", 1, 5),
            new Node("full", 1, 7),
            new Node("random", 1, 8),
            new Node("urandom", 1, 9),
            new Node("tty", 5, 0));
    private static final int TTY_GROUP = 5;

    private final Config config;
    private final HostFacts facts;
    private final Place place;

    DevSteps(Config config, HostFacts facts) {
        this.config = config;
        this.facts = facts;
        this.place = config.mount().autodev().place();
    }

    void mount(List<Step> steps) {
        Step.Draft step = Step.by(Actor.INIT, "mount \"tmpfs\" on \"/dev\"", place);
        MountCalls.make(
                step,
                Descriptors.DEV,
                "tmpfs",
                List.of("source=dev", "mode=0755", "size=512k"),
                List.of(MOUNT_ATTR_NOSUID));
        boolean bind = config.hasUserNamespace();
        for (Node node : NODES) {
            step.call(
                    MKNODAT,
                    fd(Descriptors.DEV),
                    text(node.name),
                    new DataArg.Mode(bind ? S_IFREG : S_IFCHR, 0666),
                    bind ? number(0) : new DataArg.Device(node.major, node.minor));
        }
        link(step, "/proc/self/fd", "fd");
        link(step, "/proc/self/fd/0", "stdin");
        link(step, "/proc/self/fd/1", "stdout");
        link(step, "/proc/self/fd/2", "stderr");
        link(step, "pts/ptmx", "ptmx");
        step.call(MKDIRAT, fd(Descriptors.DEV), text("pts"), mode(0755));
        step.call(MKDIRAT, fd(Descriptors.DEV), text("shm"), mode(01777));
        step.call(MKDIRAT, fd(Descriptors.DEV), text("mqueue"), mode(0755));
        Descriptor target = new Descriptor("dev-target");
        MountCalls.makeTarget(step, "dev");
        MountCalls.openTarget(step, target, "dev", true);
        MountCalls.attach(step, Descriptors.DEV, target);
        step.hint(OPENAT2, Errno.ENOENT, "the root file system has no folder /dev, and none can be created in it");
        steps.add(step.build());
        if (bind) {
            bindNodes(steps);
        }
        mountBelow(steps);
    }

    private static void link(Step.Draft step, String target, String name) {
        step.call(SYMLINKAT, text(target), fd(Descriptors.DEV), text(name));
    }

    /** Bind-mounts the host's device nodes over empty files, since mknod is refused in a user namespace. */
    private void bindNodes(List<Step> steps) {
        Step.Draft step = Step.by(Actor.INIT, "bind the host's device nodes", place);
        for (Node node : NODES) {
            Descriptor copy = new Descriptor("node-" + node.name);
            MountCalls.copy(step, copy, cwd(), "/dev/" + node.name, false);
            MountCalls.setAttributes(step, copy, false, List.of(MOUNT_ATTR_NOSUID, MOUNT_ATTR_NOEXEC), List.of(), null);
            MountCalls.attach(step, copy, Descriptors.DEV, node.name);
        }
        steps.add(step.build());
    }

    private void mountBelow(List<Step> steps) {
        List<String> parameters =
                new ArrayList<>(List.of("source=devpts", "newinstance", "mode=0620", "ptmxmode=0666"));
        parameters.add("max=" + config.terminals().ptyMax().get());
        if (mapsTtyGroup()) {
            parameters.add("gid=" + TTY_GROUP);
        }
        steps.add(below(
                "pts",
                "devpts",
                parameters,
                List.of(MOUNT_ATTR_NOSUID, MOUNT_ATTR_NOEXEC),
                config.terminals().ptyMax().place()));
        List<Flag> bare = List.of(MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC);
        steps.add(below("shm", "tmpfs", List.of("source=shm", "mode=1777"), bare, place));
        if (config.has(Namespace.IPC)) {
            steps.add(below("mqueue", "mqueue", List.of("source=mqueue"), bare, place));
        }
    }

    private static Step below(String name, String type, List<String> parameters, List<Flag> attributes, Place place) {
        Step.Draft step = Step.by(Actor.INIT, "mount \"" + type + "\" on \"/dev/" + name + "\"", place);
        Descriptor mount = new Descriptor(name);
        MountCalls.make(step, mount, type, parameters, attributes);
        MountCalls.attach(step, mount, Descriptors.DEV, name);
        return step.build();
    }

    /** Whether the user namespace maps the tty group; devpts refuses a group that is not mapped. */
    private boolean mapsTtyGroup() {
        if (!config.hasUserNamespace()) {
            return true;
        }
        for (Value<IdMapping> value : config.namespaces().idmap()) {
            IdMapping mapping = value.get();
            if (mapping.mapsGroups()
                    && mapping.inside() <= TTY_GROUP
                    && TTY_GROUP < mapping.inside() + mapping.count()) {
                return true;
            }
        }
        return false;
    }

    /** Makes the pseudo terminals of the console and the ttys, with their mounts, on the host. */
    void openTerminals(Launch launch, List<Step> steps) {
        if (launch.hasConsole()) {
            steps.add(openTerminal(
                    "console",
                    Descriptors.MASTER,
                    Descriptors.CONSOLE,
                    Descriptors.CONSOLE_MOUNT,
                    place,
                    launch.command() != null));
        }
        for (int i = 1; i <= ttys(launch); i++) {
            Descriptor slave = Descriptors.tty(i);
            steps.add(openTerminal(
                    "tty" + i,
                    Descriptors.ttyMaster(i),
                    slave,
                    Descriptors.ttyMount(i),
                    config.terminals().ttyMax().place(),
                    false));
        }
    }

    /** @param sized whether it gets the size of the caller's terminal */
    private Step openTerminal(
            String name, Descriptor master, Descriptor slave, Descriptor mount, Place where, boolean sized) {
        Step.Draft step = Step.by(Actor.JBOX, "open a pseudo terminal for /dev/" + name, where)
                .open(master, OPENAT, cwd(), text("/dev/ptmx"), flags(O_RDWR, O_NOCTTY, O_NONBLOCK, O_CLOEXEC))
                .call(IOCTL, fd(master), flags(TIOCSPTLCK), Arg.struct(new Arg.Field("unlocked", 4, number(0))))
                .open(slave, IOCTL, fd(master), flags(TIOCGPTPEER), flags(O_RDWR, O_NOCTTY, O_CLOEXEC));
        if (facts.isOrdinary()) {
            // The host's tty group means nothing in the box; its root may then set a group of its own.
            step.tolerate(
                    FCHOWN,
                    fd(slave),
                    number(-1),
                    number(new IdMap(config.namespaces().idmap()).hostGid(0).number()));
        } else {
            // Sets what login(1) and the programs after it expect: owned by the user, and by the group that may write
            // to terminals.
            boolean group = mapsTtyGroup();
            IdMap ids = new IdMap(config.namespaces().idmap());
            step.call(
                            FCHOWN,
                            fd(slave),
                            number(ids.hostUid(config.init().uid().get()).number()),
                            number(ids.hostGid(group ? TTY_GROUP : 0).number()))
                    .call(FCHMOD, fd(slave), mode(group ? 0620 : 0600));
        }
        if (mountsFirst()) {
            MountCalls.copy(step, mount, fd(slave), "", false);
        }
        if (sized) {
            // Set now, since a command reads the size when it starts.
            Arg.Cell size = new Arg.Cell("window-size", 8);
            step.tolerate(IOCTL, number(0), flags(TIOCGWINSZ), size)
                    .tolerate(IOCTL, fd(master), flags(TIOCSWINSZ), size);
        }
        return step.hint(OPEN_TREE, Errno.EPERM, "jbox needs root for this: sudo jbox ...")
                .build();
    }

    /**
     * Whether jbox makes the terminals' mounts. An unprivileged user cannot; the first process then mounts them by
     * path.
     */
    private boolean mountsFirst() {
        return config.mount().autodev().get() && !facts.isOrdinary();
    }

    /** The number of ttys; a command of {@code run} needs none. */
    private long ttys(Launch launch) {
        return launch.command() == null ? config.terminals().ttyMax().get() : 0;
    }

    /** Mounts the terminals in the box. */
    void attachTerminals(Launch launch, List<Step> steps) {
        if (launch.hasConsole()) {
            steps.add(attachTerminal("console", Descriptors.CONSOLE, Descriptors.CONSOLE_MOUNT, place));
        }
        for (int i = 1; i <= ttys(launch); i++) {
            steps.add(attachTerminal(
                    "tty" + i,
                    Descriptors.tty(i),
                    Descriptors.ttyMount(i),
                    config.terminals().ttyMax().place()));
        }
    }

    private Step attachTerminal(String name, Descriptor terminal, Descriptor mount, Place where) {
        Step.Draft step = Step.by(Actor.INIT, "bind the pseudo terminal on \"/dev/" + name + "\"", where);
        if (!mountsFirst()) {
            step.open(mount, OPEN_TREE, cwd(), new ProcArg.TerminalPath(terminal), MountCalls.copyFlags(false, false));
        }
        step.call(MKNODAT, fd(Descriptors.DEV), text(name), new DataArg.Mode(S_IFREG, 0600), number(0));
        MountCalls.attach(step, mount, Descriptors.DEV, name);
        return step.build();
    }

    /** The terminal descriptors that INIT needs. */
    List<Descriptor> terminalDescriptors(Launch launch) {
        List<Descriptor> descriptors = new ArrayList<>();
        if (launch.hasConsole()) {
            descriptors.add(Descriptors.CONSOLE);
            if (mountsFirst()) {
                descriptors.add(Descriptors.CONSOLE_MOUNT);
            }
        }
        for (int i = 1; i <= ttys(launch) && mountsFirst(); i++) {
            descriptors.add(Descriptors.ttyMount(i));
        }
        return descriptors;
    }
}
