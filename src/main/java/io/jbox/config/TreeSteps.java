package io.jbox.config;

import io.jbox.number.Sha256;
import java.util.ArrayList;
import java.util.List;

/**
 * Commands that complete a root file system once, before boxes lie over it.
 *
 * @param commands for a shell, in order
 * @param network whether they have outgoing connections
 */
public record TreeSteps(List<Value<String>> commands, boolean network) {
    public TreeSteps {
        commands = List.copyOf(commands);
    }

    public boolean isEmpty() {
        return commands.isEmpty();
    }

    /** The name of what all of them make of an image. */
    public ImageName name(ImageName base) {
        return name(base, commands.size());
    }

    /** The name of what the first ones make of an image. */
    public ImageName name(ImageName base, int count) {
        return new ImageName(ImageName.Transport.STEPS, digest("image " + base, count), "", null);
    }

    /**
     * What stands for an image that one of them is taken on: the same step on the same image is taken once.
     *
     * @param tree that the image has: the same packages may have been set up in another way before
     */
    public String manifest(String image, String tree, int number) {
        List<Value<String>> one = List.of(commands.get(number));
        return "sha256:" + new TreeSteps(one, network).digest("manifest " + image + " tree " + tree, 1);
    }

    private String digest(String base, int count) {
        StringBuilder all = new StringBuilder(base).append(network ? "\nnetwork\n" : "\n");
        for (Value<String> command : commands.subList(0, count)) {
            all.append(command.get().length()).append(' ').append(command.get()).append('\n');
        }
        return Sha256.of(all.toString());
    }

    /** The commands' texts. */
    public List<String> texts() {
        List<String> texts = new ArrayList<>();
        for (Value<String> command : commands) {
            texts.add(command.get());
        }
        return texts;
    }
}
