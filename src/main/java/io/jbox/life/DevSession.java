package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.config.Developer;
import io.jbox.config.Value;
import io.jbox.facts.IdMap;
import io.jbox.host.ProcessIds;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.problem.SystemError;
import io.jbox.request.Notices;
import io.jbox.state.AgentFolder;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a developer brings into a project's box: cache folders and environment variables. Programs that touch the
 * developer's files run with the developer's rights, even if another user calls jbox.
 */
public final class DevSession {
    private static final String GIT = "git";
    private static final int MAX_VALUE = 4096;
    /** How long to wait for programs that read a home folder, which may be on a network. */
    private static final int PATIENCE_SECONDS = 10;

    private final Config.Dev dev;

    public DevSession(Config.Dev dev) {
        this.dev = dev;
    }

    /** Makes the folders of caches that are missing on the host. */
    public void makeCaches() {
        for (Value<String> cache : dev.caches()) {
            if (!new File(cache.get()).exists()
                    && !run(List.of("mkdir", "-p", "--", cache.get())).succeeded()) {
                throw new JboxException(new Problem(
                        "dev.caches: " + cache.get() + " is missing, and "
                                + dev.developer().name() + " cannot make it",
                        cache.place(),
                        null));
            }
        }
    }

    /** Reports what differs from the dev section, or from what its reader would expect. */
    void tell(String box, Notices notices) {
        for (Value<String> path : dev.absent()) {
            notices.tell(box + ": " + path.place() + ": there is no " + path.get()
                    + ": nothing is protected or hidden there until the box is started again");
        }
        FileStatus owner = FileStatus.of(NativeKernel.open(), dev.project());
        if (owner != null && owner.uid().number() != dev.developer().uid()) {
            notices.tell(box + ": " + dev.project() + " belongs to another user than "
                    + dev.developer().name() + ": files there that are not "
                    + dev.developer().name() + "'s belong to nobody in the box");
        }
    }

    /** The user of its commands, as the box's own /etc/passwd names it. */
    public String user() {
        return Long.toString(dev.developer().uid());
    }

    /**
     * The folder in which a session begins.
     *
     * @param folder the working folder on the host
     * @return the same folder in the box where that is within the project, else the project's
     */
    public String folder(String folder) {
        Path project = Path.of(dev.project());
        Path here = Path.of(folder);
        if (!here.startsWith(project) || here.equals(project)) {
            return dev.folder();
        }
        return dev.folder() + "/" + project.relativize(here);
    }

    /**
     * Opens a socket in the box that leads to the caller's ssh-agent(1).
     *
     * @param box that runs
     * @param states the folder of boxes' states
     * @param notices receives a warning if the variable does not name a usable socket
     * @return null if the section does not ask for it, or the caller has no agent
     */
    public @Nullable AgentRelay agent(String box, int init, String states, Notices notices) {
        String agent = System.getenv(Config.Dev.AGENT);
        if (agent == null || agent.isEmpty() || !dev.passes(Config.Dev.AGENT)) {
            return null;
        }
        IdMap ids = ProcessIds.of(init);
        Developer developer = dev.developer();
        if (!AgentRelay.isOf(NativeKernel.open(), agent, developer.uid())) {
            notices.tell(Config.Dev.AGENT + ": " + agent + " is not a socket of " + developer.name()
                    + ", and is not passed on");
            return null;
        }
        return AgentRelay.open(
                NativeKernel.open(),
                agent,
                developer.uid(),
                AgentFolder.of(states, box),
                ids.hostUid(developer.uid()).number(),
                ids.hostGid(developer.gid()).number());
    }

    /** The variables that sessions get from the caller's environment, {@code NAME=VALUE} each. */
    public List<String> environment() {
        List<String> environment = new ArrayList<>();
        for (Value<String> name : dev.pass()) {
            if (name.get().equals(GIT)) {
                environment.addAll(identity());
                continue;
            }
            if (name.get().equals(Config.Dev.AGENT)) {
                // The agent's socket has another path in the box.
                continue;
            }
            String value = System.getenv(name.get());
            if (value != null) {
                environment.add(name.get() + "=" + value);
            }
        }
        return environment;
    }

    /** Name and address for commits, as git-config(1) reads them from its environment (git 2.31). */
    private List<String> identity() {
        List<String> environment = new ArrayList<>();
        int count = 0;
        for (String key : List.of("user.name", "user.email")) {
            Answer answer = run(List.of("git", "config", "--global", "--get", key));
            if (answer.succeeded() && !answer.text().isEmpty()) {
                environment.add("GIT_CONFIG_KEY_" + count + "=" + key);
                environment.add("GIT_CONFIG_VALUE_" + count + "=" + answer.text());
                count++;
            }
        }
        if (count > 0) {
            environment.add("GIT_CONFIG_COUNT=" + count);
        }
        return environment;
    }

    private record Answer(boolean succeeded, String text) {}

    private Answer run(List<String> words) {
        Developer developer = dev.developer();
        List<String> all = new ArrayList<>();
        boolean changes = OwnProcess.isRoot(NativeKernel.open()) && developer.uid() != 0;
        if (changes) {
            all.addAll(List.of(
                    "setpriv",
                    "--reuid=" + developer.uid(),
                    "--regid=" + developer.gid(),
                    "--clear-groups",
                    "--inh-caps=-all",
                    "--"));
        }
        all.addAll(words);
        ProcessBuilder builder =
                new ProcessBuilder(all).directory(new File("/")).redirectInput(new File("/dev/null"));
        builder.redirectError(ProcessBuilder.Redirect.DISCARD);
        if (changes) {
            // The program's owner could read its environment.
            builder.environment().clear();
            builder.environment().put("PATH", "/usr/local/bin:/usr/bin:/bin");
            builder.environment().put("HOME", developer.home());
        }
        try {
            Process process = builder.start();
            try {
                boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
                byte[] said = ended ? process.getInputStream().readNBytes(MAX_VALUE) : new byte[0];
                String text = new String(said, StandardCharsets.UTF_8).strip();
                return new Answer(ended && process.exitValue() == 0 && text.indexOf('\0') < 0, text);
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            if (words.get(0).equals(GIT)) {
                return new Answer(false, "");
            }
            throw new JboxException(all.get(0) + ": " + SystemError.of(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JboxException(words.get(0) + ": interrupted");
        }
    }
}
