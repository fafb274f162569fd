package io.jbox.life;

import io.jbox.compile.CommandProgram;
import io.jbox.config.Config;
import io.jbox.facts.KnownCommand;
import io.jbox.facts.StartRecords;
import io.jbox.host.ResourceLimits;
import io.jbox.kernel.Kernel;
import io.jbox.number.Pid;
import io.jbox.plan.CompiledNetwork;
import io.jbox.plan.CompiledStart;
import io.jbox.plan.Descriptors;
import io.jbox.plan.NotCompiledException;
import io.jbox.program.Descriptor;
import io.jbox.request.StartRequest;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxSpec;
import io.jbox.state.BoxState;
import io.jbox.state.ProcessId;
import io.jbox.state.RecordFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Compiles the start of a box if no part of it needs jbox. */
final class StartCompiler {
    private final BoxRegistry registry;
    private final Kernel kernel;
    private final String launcher;

    StartCompiler(BoxRegistry registry, String launcher) {
        this.registry = registry;
        this.kernel = registry.kernel();
        this.launcher = launcher;
    }

    /** The input of a program. */
    private record Attempt(StartPlanner.Planned planned, LaunchSurvey.Found found) {}

    /**
     * Reads the facts twice: those that a program compares match its plan only if they were the same before and after.
     *
     * @throws NotCompiledException if the start cannot be compiled
     */
    byte[] compile(BoxDefinition definition, LaunchSurvey.Validities validities) throws NotCompiledException {
        LaunchSurvey.Found before = attempt(definition, validities).found;
        Attempt after = attempt(definition, validities);
        after.found.refuseUnlessSameAs(before);
        return program(after, definition.file());
    }

    private Attempt attempt(BoxDefinition definition, LaunchSurvey.Validities validities) throws NotCompiledException {
        BoxDefinition.Loaded loaded = definition.loader().load(0);
        Config config = loaded.config();
        StartPlanner.Planned planned =
                new StartPlanner(registry).toCompile(config, StartRecords.ID, StartRequest.of(definition.file()));
        LaunchSurvey.Found found = new LaunchSurvey(registry)
                .look(definition, loaded, config.name().get(), planned.facts(), validities);
        return new Attempt(planned, found);
    }

    private byte[] program(Attempt attempt, String file) throws NotCompiledException {
        StartPlanner.Planned planned = attempt.planned;
        BoxSpec spec = planned.spec(registry, ResourceLimits.read(kernel), StartRequest.of(file));
        String name = spec.name();
        StartRecords records = new StartRecords(
                text(spec.toMap()),
                text(record(spec, BoxState.STARTING, null, null).toMap()),
                text(record(spec, BoxState.STARTING, monitor(), init()).toMap()));
        CompiledStart compiled = new CompiledStart(
                planned.plan(),
                registry.state().of(name),
                attempt.found.facts(),
                records,
                new CompiledNetwork(planned.config().net()),
                KnownCommand.of(launcher, List.of("start", name), attempt.found.validity()));
        return CommandProgram.of(kernel, compiled, open -> running(spec, open));
    }

    private static ProcessId monitor() {
        return new ProcessId(new Pid(StartRecords.MONITOR), StartRecords.MONITOR_START);
    }

    private static ProcessId init() {
        return new ProcessId(new Pid(StartRecords.INIT), StartRecords.INIT_START);
    }

    private BoxRecord record(BoxSpec spec, BoxState state, @Nullable ProcessId monitor, @Nullable ProcessId init) {
        return new BoxRecord(
                StartRecords.ID,
                registry.state().boot(),
                state,
                monitor,
                init,
                null,
                StartRecords.TIME,
                spec,
                -1,
                List.of(),
                0,
                Map.of());
    }

    private String running(BoxSpec spec, Map<Descriptor, Integer> open) {
        List<Integer> ttys = new ArrayList<>();
        for (int i = 1; open.containsKey(Descriptors.ttyMaster(i)); i++) {
            ttys.add(open.get(Descriptors.ttyMaster(i)));
        }
        BoxRecord made = record(spec, BoxState.STARTING, monitor(), init());
        int console = open.getOrDefault(Descriptors.MASTER, -1);
        return text(made.with(console, ttys).in(BoxState.RUNNING).toMap());
    }

    /** Text in the format of records. */
    private static String text(Map<String, Object> fields) {
        return RecordFile.text(fields);
    }
}
