package io.jbox.cli;

/** A command of {@code jbox}. */
interface Command {
    CommandSpec spec();

    /**
     * @return the exit code
     * @throws io.jbox.problem.JboxException if it fails
     */
    int run(Arguments arguments, Surroundings surroundings);
}
