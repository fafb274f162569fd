package io.jbox.life;

import io.jbox.compile.CommandProgram;
import io.jbox.config.CommandName;
import io.jbox.config.Config;
import io.jbox.config.IpPrefix;
import io.jbox.config.Net;
import io.jbox.config.Pin;
import io.jbox.config.RootfsPath;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.facts.KnownCommand;
import io.jbox.facts.Launch;
import io.jbox.facts.OwnFiles;
import io.jbox.facts.RunSlot;
import io.jbox.kernel.Kernel;
import io.jbox.plan.CompiledNetwork;
import io.jbox.plan.CompiledRun;
import io.jbox.plan.Grants;
import io.jbox.plan.NotCompiledException;
import io.jbox.plan.Planner;
import io.jbox.state.PendingWork;
import io.jbox.store.EphemeralUppers;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Compiles {@code run} for a box if no part of it needs jbox. */
final class RunCompiler {
    private final BoxRegistry registry;
    private final Kernel kernel;
    private final String launcher;

    RunCompiler(BoxRegistry registry, String launcher) {
        this.registry = registry;
        this.kernel = registry.kernel();
        this.launcher = launcher;
    }

    /** The input of a program. */
    private record Attempt(
            Config config,
            HostFacts facts,
            LaunchSurvey.Found found,
            @Nullable OwnFiles ownFiles) {}

    /**
     * Reads the facts twice, as for a start.
     *
     * @param slot number of the slot
     * @param words the box, and options
     * @param streams what the standard descriptors become
     * @param next file of the next slot's program
     * @param wanted file that notes that the next slot was needed
     * @throws NotCompiledException if it cannot be compiled
     */
    byte[] compile(
            BoxDefinition definition,
            int slot,
            OptionWords words,
            List<Launch.Stream> streams,
            String next,
            String wanted,
            LaunchSurvey.Validities validities)
            throws NotCompiledException {
        LaunchSurvey.Found before = attempt(definition, slot, validities).found;
        Attempt after = attempt(definition, slot, validities);
        after.found.refuseUnlessSameAs(before);
        return program(after, slot, words, streams, next, wanted);
    }

    /**
     * The files that are removed after each command; none may exist now.
     *
     * @return null if the box keeps its files
     */
    private @Nullable OwnFiles ownFiles(Config config) throws NotCompiledException {
        Config.Image image = config.rootfs().image();
        if (image == null || !image.ephemeral()) {
            return null;
        }
        LaunchSurvey.refuse(!Files.isExecutable(Path.of(OwnFiles.RM)), "there is no " + OwnFiles.RM);
        RootfsPath rootfs = config.rootfs().path().get();
        List<String> all = List.of(rootfs.path(), rootfs.work(), Pin.file(rootfs.path()));
        for (String path : all) {
            LaunchSurvey.refuse(
                    Files.exists(Path.of(path), LinkOption.NOFOLLOW_LINKS),
                    "a command uses " + path + ", or has left it");
        }
        return new OwnFiles(EphemeralUppers.whole(rootfs.path()), all, image.userLink());
    }

    private Attempt attempt(BoxDefinition definition, int slot, LaunchSurvey.Validities validities)
            throws NotCompiledException {
        BoxDefinition.Loaded loaded = definition.loader().load(slot);
        Config config = loaded.config();
        // Checked first, since a slot is never given back.
        LaunchSurvey.filesOf(loaded, definition.file());
        refuseAddresses(config);
        ownFiles(config);
        String command = config.name().get() + CommandName.slotSuffix(slot);
        RunPlanner planning = new RunPlanner(registry);
        HostFacts facts = planning.facts(
                config, command, new CompiledNetwork(config.net()).placed(planning.network(config, command)));
        LaunchSurvey.Found found = new LaunchSurvey(registry).look(definition, loaded, command, facts, validities);
        return new Attempt(config, facts, found, ownFiles(config));
    }

    /** Refuses a written address, which the running box and its commands would use at the same time. */
    private static void refuseAddresses(Config config) throws NotCompiledException {
        for (Net net : config.net()) {
            for (Value<IpPrefix> address : net.ipv4().addresses()) {
                if (!address.get().isAuto()) {
                    throw new NotCompiledException(address.get() + " (" + address.place()
                            + ") is a fixed address, which one command at a time can have");
                }
            }
        }
    }

    private byte[] program(
            Attempt attempt, int slot, OptionWords words, List<Launch.Stream> streams, String next, String wanted)
            throws NotCompiledException {
        Config config = attempt.config;
        String name = config.name().get();
        RunSlot place = new RunSlot(
                PendingWork.slotFile(
                        registry.state().root(), CommandName.slot(name + CommandName.slotSuffix(slot)), name),
                next,
                wanted,
                Grants.cgroups(config, attempt.facts),
                attempt.ownFiles);
        CompiledRun run = new CompiledRun(
                config,
                new Planner(config, attempt.facts, Launch.ofAnyCommand(streams, words.environment(), words.folder()))
                        .plan(),
                streams,
                attempt.found.facts(),
                place,
                new KnownCommand(launcher, words.known(), attempt.found.validity()));
        return CommandProgram.of(kernel, run);
    }
}
