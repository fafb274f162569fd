package io.jbox.box;

import io.jbox.plan.Actor;
import io.jbox.plan.Arg;
import io.jbox.plan.Plan;
import io.jbox.plan.Step;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import java.io.File;
import java.io.IOException;
import java.util.List;

/** Makes a root file system where the plan says that there is none yet. */
public final class RootfsTemplate {
    private RootfsTemplate() {}

    /**
     * Runs the plan's template script, if it has one; its output goes to standard error.
     *
     * @return whether it has, and the plan is to be made anew
     * @throws JboxException if the script fails; it leaves nothing behind then
     */
    public static boolean make(Plan plan) {
        List<Step> steps = plan.steps(Actor.TEMPLATE);
        for (Step step : steps) {
            if (!(step.calls().get(0).arguments().get(1) instanceof Arg.Texts command)) {
                throw new IllegalArgumentException("a template that is not executed");
            }
            run(step.subject(), step.place(), command.texts());
        }
        return !steps.isEmpty();
    }

    /**
     * Runs a template script.
     *
     * @param subject how its failure is reported
     * @param place in the configuration that asked for it
     * @throws JboxException if it fails; it leaves nothing behind then
     */
    public static void run(String subject, Place place, List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        // Its standard output is for those who run it by hand.
        builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.redirectInput(new File("/dev/null"));
        int exitCode;
        try {
            exitCode = builder.start().waitFor();
        } catch (IOException e) {
            throw new JboxException(new Problem(subject + ": " + e.getMessage(), place));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JboxException(new Problem(subject + ": interrupted", place));
        }
        if (exitCode != 0) {
            throw new JboxException(
                    new Problem(subject + ": " + command.get(0) + " failed with exit code " + exitCode, place));
        }
    }
}
