package io.jbox.image;

import io.jbox.config.BadValueException;
import io.jbox.config.IdMapping;
import io.jbox.config.RootfsPath;
import io.jbox.json.Json;
import io.jbox.json.JsonReader;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.problem.JboxException;
import io.jbox.store.Layers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A box's root file system, described for a process that may read it.
 *
 * @param shifted the box's ids, if its files belong to them on the host; else empty
 */
public record TreeSource(RootfsPath rootfs, List<IdMapping> shifted) {
    public TreeSource {
        shifted = List.copyOf(shifted);
    }

    /** The text for the standard input of such a process. */
    public String text() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("folders", rootfs.layers());
        all.put("ids", IdMapping.texts(shifted));
        return Json.write(all);
    }

    /** @throws JboxException if the text is invalid */
    public static TreeSource parse(String text) {
        try {
            if (JsonReader.read(text) instanceof Map<?, ?> all
                    && all.get("folders") instanceof List<?> folders
                    && all.get("ids") instanceof List<?> ids) {
                List<String> paths = new ArrayList<>();
                for (Object folder : folders) {
                    paths.add((String) folder);
                }
                List<IdMapping> shifted = new ArrayList<>();
                for (Object mapping : ids) {
                    shifted.add(IdMapping.parse((String) mapping));
                }
                return new TreeSource(new RootfsPath(paths.subList(1, paths.size()), paths.get(0)), shifted);
            }
        } catch (JsonReader.MalformedException | BadValueException | ClassCastException | IndexOutOfBoundsException e) {
            throw new JboxException(
                    "the description of the root file system on standard input is invalid: " + e.getMessage());
        }
        throw new JboxException("the description of the root file system on standard input is invalid");
    }

    /** Opens it, to read it file by file. */
    LayeredTree open(Kernel kernel, boolean forImage) throws KernelException {
        Layers layers = new Layers(kernel, rootfs);
        try {
            return new LayeredTree(layers, new OwnerMap(shifted), forImage);
        } catch (KernelException e) {
            layers.close();
            throw e;
        }
    }
}
