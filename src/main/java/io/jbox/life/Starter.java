package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.facts.HostFacts;
import io.jbox.host.Reachable;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.lsm.AppArmorProfiles;
import io.jbox.plan.NetworkNotices;
import io.jbox.problem.JboxException;
import io.jbox.program.Plan;
import io.jbox.request.Notices;
import io.jbox.request.StartRequest;
import io.jbox.state.PendingWork;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Starts boxes: lock, record, hooks, launch, record. If a step fails, everything before it is undone. */
public final class Starter {
    private final BoxRegistry registry;
    private final Notices notices;
    private final StartPlanner planning;

    public Starter(BoxRegistry registry) {
        this.registry = registry;
        this.notices = registry.notices();
        this.planning = new StartPlanner(registry);
    }

    /** Plans a start in the background. */
    public Plan plan(Config config) {
        return planning.plan(config);
    }

    /**
     * Returns when the box runs.
     *
     * @throws JboxException if it runs already, or cannot be started
     */
    public Started start(Config config, StartRequest request) {
        String id = Long.toString(System.nanoTime(), Character.MAX_RADIX) + "-" + OwnProcess.pid(registry.kernel());
        Resetter.complete(registry, config);
        SeenFiles seen = new SeenFiles(registry, config, request.config());
        // Everything that can be refused is checked before anything is made.
        StartPlanner.Planned planned = planning.planned(config, id, request);
        tellNotices(config, planned.facts());
        try (Start start = new Start(registry, planning, planned, id, request, seen)) {
            return start.run();
        } catch (JboxException e) {
            throw CollectedTree.or(registry.kernel(), config, e);
        }
    }

    /**
     * Starts a box that dies with this process, and attaches to its console before it can print anything.
     *
     * @return null if the box has no console
     */
    public @Nullable ConsoleAttachment foreground(Config config, StartRequest request) {
        Kernel kernel = registry.kernel();
        String name = config.name().get();
        registry.state().make(name);
        Fd lock = config.terminals().console().exists().get()
                ? ConsoleAttachment.lockConsole(kernel, registry.state().of(name))
                : null;
        try (PendingWork pending = registry.begin(name)) {
            Started started = start(config, request);
            Fd init = Objects.requireNonNull(started.box().initPidfd(), "started in the foreground");
            Fd master = started.box().master();
            if (master != null) {
                return ConsoleAttachment.of(kernel, init, master, started.record(), lock);
            }
            init.close();
            return null;
        } catch (RuntimeException | Error e) {
            if (lock != null) {
                lock.close();
            }
            throw e;
        }
    }

    private void tellNotices(Config config, HostFacts facts) {
        String box = config.name().get();
        for (String notice : Reachable.notices(config, facts.isOrdinary())) {
            notices.tell(notice);
        }
        for (String notice : NetworkNotices.of(config, facts.network())) {
            notices.tell(notice);
        }
        if (!facts.isOrdinary()
                && config.confinement().appArmor().get().equals("generated")
                && AppArmorProfiles.isWithoutParser()) {
            notices.tell(box
                    + ": this host has AppArmor, but no apparmor_parser to load jbox's profile: apt install apparmor");
        }
        if (facts.isOrdinary() && facts.hierarchies().isEmpty()) {
            notices.tell(box + ": this user has no cgroup: the box has no limits and cannot be frozen ("
                    + "systemd-run --user --scope -p Delegate=yes jbox ... has one)");
        }
        if (config.dev() != null) {
            new DevSession(config.dev()).tell(box, notices);
        }
    }
}
