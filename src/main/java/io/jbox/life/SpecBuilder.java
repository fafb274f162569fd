package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.config.Limit;
import io.jbox.config.Namespace;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.facts.IdMap;
import io.jbox.facts.Label;
import io.jbox.facts.Launch;
import io.jbox.plan.Grants;
import io.jbox.plan.HookEnvironment;
import io.jbox.plan.Interface;
import io.jbox.plan.LabelSteps;
import io.jbox.request.StartRequest;
import io.jbox.state.BoxSpec;
import java.io.File;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Builds the part of a configuration that is recorded for as long as a box lives. */
final class SpecBuilder {
    private final Config config;
    private final String boxes;
    private final String folder;

    /**
     * @param boxes the folder that boxes are defined in
     * @param folder the box's state folder
     */
    SpecBuilder(Config config, String boxes, String folder) {
        this.config = config;
        this.boxes = boxes;
        this.folder = folder;
    }

    /** @param own jbox's resource limits, which the box inherits unless its configuration sets others */
    BoxSpec build(HostFacts facts, long capabilities, Map<String, Limit> own, StartRequest request) {
        String box = config.name().get();
        List<String> namespaces = new ArrayList<>();
        for (Namespace namespace : config.namespaces().fresh()) {
            namespaces.add(namespace.label());
        }
        if (config.hasUserNamespace()) {
            namespaces.add(Namespace.USER.label());
        }
        Map<String, List<String>> hooks = new LinkedHashMap<>();
        for (String stage : List.of("stop", "post-stop", "destroy")) {
            List<String> commands = texts(config.hooks().of(stage));
            if (!commands.isEmpty()) {
                hooks.put(stage, commands);
            }
        }
        Value<String> logfile = config.terminals().console().logfile();
        boolean haltIsWritten = !config.signal().halt().place().isDefault();
        IdMap ids = new IdMap(config.namespaces().idmap());
        return new BoxSpec(
                box,
                new BoxSpec.Origin(
                        new File(request.config()).getAbsolutePath(),
                        request.overrides(),
                        boxes,
                        config.rootfs().path().get().toString(),
                        config.hostTrees(),
                        texts(config.start().groups())),
                new BoxSpec.Ending(
                        request.foreground(),
                        config.start().ephemeral().get(),
                        haltIsWritten ? config.signal().halt().get().number() : 0,
                        config.signal().reboot().get().number(),
                        config.signal().stop().get().number(),
                        config.signal().timeout().get()),
                new BoxSpec.Hooks(
                        hooks,
                        config.hooks().timeout().get(),
                        HookEnvironment.of(config, "", new Launch.Supervision(folder, request.foreground()))),
                new BoxSpec.Isolation(Grants.cgroups(config, facts), namespaces, ids.hostUid(0), ids.hostGid(0)),
                new BoxSpec.Confinement(
                        capabilities,
                        limits(own),
                        config.confinement().noNewPrivs().get(),
                        facts.filter() != null,
                        labels(facts)),
                texts(config.init().environment()),
                new BoxSpec.Console(
                        logfile == null ? folder + "/console.log" : logfile.get(),
                        config.terminals().console().size().get()),
                nics(Interface.of(box, config.net(), 0, facts.network())));
    }

    private Map<String, List<Long>> limits(Map<String, Limit> own) {
        Map<String, List<Long>> limits = new LinkedHashMap<>();
        for (Map.Entry<String, Limit> entry : own.entrySet()) {
            Limit effective = Grants.limit(config, entry.getKey(), entry.getValue());
            limits.put(entry.getKey(), List.of(effective.soft(), effective.hard()));
        }
        return limits;
    }

    static List<BoxSpec.Nic> nics(List<Interface> interfaces) {
        List<BoxSpec.Nic> nics = new ArrayList<>();
        for (Interface one : interfaces) {
            Value<String> down = one.scriptDown();
            if (!one.name().isEmpty() || down != null) {
                nics.add(new BoxSpec.Nic(
                        one.type(),
                        one.name(),
                        one.link(),
                        one.pair(),
                        one.pairAddress(),
                        down == null ? "" : down.get()));
            }
        }
        return List.copyOf(nics);
    }

    private List<String> labels(HostFacts facts) {
        List<String> labels = new ArrayList<>();
        for (Label label : LabelSteps.of(config, facts)) {
            labels.add(label.toString());
        }
        return List.copyOf(labels);
    }

    private static List<String> texts(List<Value<String>> values) {
        List<String> texts = new ArrayList<>();
        for (Value<String> value : values) {
            texts.add(value.get());
        }
        return List.copyOf(texts);
    }
}
