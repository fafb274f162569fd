package io.jbox.schema;

import io.jbox.config.Developer;
import io.jbox.problem.Place;
import java.util.List;
import java.util.Map;

/** Finds the developer of a box with a {@code dev} section, and decides whether the project's files may be used. */
public interface DevSource {
    /** A placeholder developer, with every file approved. */
    DevSource NOBODY = new DevSource() {
        @Override
        public Developer developer(String folder) {
            return new Developer("nobody", 65_534, 65_534, "/nonexistent", "/bin/sh", List.of());
        }

        @Override
        public String agents(String box) {
            return "/nonexistent";
        }

        @Override
        public void approve(Project project) {
            // Everything is approved.
        }
    };

    /**
     * A project, by its real paths.
     *
     * @param folder of the project
     * @param file that describes its box
     * @param box its name
     * @param texts the SHA-256 of each text that the configuration consists of, by path
     * @param place of the section
     */
    record Project(String folder, String file, String box, Map<String, String> texts, Place place) {}

    /**
     * @param folder of the project
     * @throws io.jbox.problem.JboxException if that user cannot work in a box
     */
    Developer developer(String folder);

    /**
     * The host folder with the sessions' sockets that lead to the developer's agent.
     *
     * @param box its name
     */
    String agents(String box);

    /** @throws io.jbox.problem.JboxException if its files must not be used */
    void approve(Project project);
}
