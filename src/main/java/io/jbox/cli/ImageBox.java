package io.jbox.cli;

import io.jbox.config.CommandName;
import io.jbox.config.Config;
import io.jbox.config.ImageName;
import io.jbox.life.BoxDefinition;
import io.jbox.schema.ConfigLoader;
import java.util.ArrayList;
import java.util.List;

/** An undefined box over an image: its own files are removed when its command has ended. */
record ImageBox(ImageName image, Surroundings surroundings) {
    /**
     * Its configuration for a command.
     *
     * @param suffix of the command's name ({@link CommandName})
     * @param overrides what the command line sets
     */
    Config load(ConfigLoader loader, String suffix, List<String> overrides) {
        String name = image.shortName();
        List<String> all = new ArrayList<>(List.of("rootfs.image=" + image));
        all.addAll(overrides);
        all.add("rootfs.path=" + surroundings.ephemeralUpper(name + suffix));
        return loader.loadWithoutFile(name, all);
    }

    /** For programs, which have their files by their slots. */
    BoxDefinition definition(Arguments arguments) {
        return new BoxDefinition(surroundings.storeFolder(), List.of(), slot -> {
            ConfigLoader loader = surroundings.loader(arguments);
            Config config = load(loader, CommandName.slotSuffix(slot), List.of());
            return new BoxDefinition.Loaded(config, loader.files(), loader.ownFiles(), loader.absent());
        });
    }
}
