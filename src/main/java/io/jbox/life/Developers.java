package io.jbox.life;

import io.jbox.config.BoxFolders;
import io.jbox.config.Developer;
import io.jbox.ids.UserIds;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.schema.DevSource;
import io.jbox.state.AgentFolder;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Finds the developer of a box with a {@code dev} section: the caller, or for root the user who called sudo, and
 * without sudo the owner of the project's folder.
 */
public final class Developers implements DevSource {
    private static final int FIELDS = 7;
    /** How many ids a box that root starts has. */
    private static final long IDS = 65_536;

    private final DevApproval approval;
    private final String states;
    private final Use use;

    /** The purpose for which a configuration is read. */
    public enum Use {
        /** To look at it only. */
        LOOK,
        /** To start a box, or to work in it. */
        START,
        /** The same, and the user approves changes. */
        ALLOW
    }

    /**
     * @param records the folder of {@link DevApproval}
     * @param states the folder of boxes' states
     */
    public Developers(String records, String states, BoxFolders boxes, Use use) {
        this.approval = new DevApproval(records, boxes);
        this.states = states;
        this.use = use;
    }

    @Override
    public void approve(Project project) {
        if (use != Use.LOOK) {
            approval.check(project, use == Use.ALLOW);
        }
    }

    @Override
    public String agents(String box) {
        return AgentFolder.of(states, box);
    }

    @Override
    public Developer developer(String folder) {
        Kernel kernel = NativeKernel.open();
        if (!OwnProcess.isRoot(kernel)) {
            long uid = OwnProcess.user(kernel).number();
            Developer account = account(uid);
            return new Developer(
                    account.name(),
                    uid,
                    OwnProcess.group(kernel).number(),
                    account.home(),
                    account.shell(),
                    UserIds.keeping(kernel, account.name()));
        }
        Developer developer = account(callerOrOwner(kernel, folder));
        if (developer.uid() >= IDS || developer.gid() >= IDS) {
            throw new JboxException(
                    "dev: " + developer.name() + " has the ids " + developer.uid() + ":" + developer.gid()
                            + ", and a box that root starts has 0 to " + (IDS - 1),
                    "without sudo it works");
        }
        return developer;
    }

    private static long callerOrOwner(Kernel kernel, String folder) {
        String caller = System.getenv("SUDO_UID");
        if (caller != null
                && !caller.isEmpty()
                && caller.length() < 10
                && caller.chars().allMatch(Character::isDigit)) {
            return Long.parseLong(caller);
        }
        FileStatus status = FileStatus.of(kernel, folder);
        if (status == null) {
            throw new JboxException(folder + ": there is no such folder");
        }
        return status.uid().number();
    }

    /** Looks up a user in the host's name service (getent(1)); an id without a name gets a home named after it. */
    private static Developer account(long uid) {
        try {
            Process process = new ProcessBuilder("getent", "passwd", Long.toString(uid))
                    .redirectInput(new File("/dev/null"))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String line = new String(process.getInputStream().readNBytes(4096), StandardCharsets.UTF_8).strip();
            process.waitFor();
            String[] fields = line.split(":", -1);
            if (fields.length == FIELDS && fields[2].equals(Long.toString(uid)) && fields[5].startsWith("/")) {
                String shell = fields[6].startsWith("/") ? fields[6] : "/bin/sh";
                String home = fields[5].equals("/") ? "/home/" + fields[0] : fields[5];
                return new Developer(fields[0], uid, Long.parseLong(fields[3]), home, shell, List.of());
            }
        } catch (IOException e) {
            throw new JboxException("getent: " + SystemError.of(e));
        } catch (NumberFormatException e) {
            throw new JboxException("getent passwd " + uid + ": the group is no number");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JboxException("getent: interrupted");
        }
        return new Developer("user" + uid, uid, uid, "/home/user" + uid, "/bin/sh", List.of());
    }
}
