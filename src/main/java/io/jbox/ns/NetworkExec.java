package io.jbox.ns;

import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Syscall;
import io.jbox.problem.JboxException;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Executes a program in a named network namespace, in place of this process: in a mount namespace of its own with a /sys
 * that shows the network, and with what lies in /etc/netns/NAME instead of what lies in /etc.
 */
public final class NetworkExec {
    private static final String SYS = "/sys";
    /** Bytes that the mount of a file and what there is to say about it take in a program. */
    private static final int MOUNT = 2048;

    private final Kernel kernel;
    private final Caller caller;
    private final String name;
    private final int network;
    private final List<byte[]> words;

    /**
     * @param network descriptor of the namespace
     * @param words the program and its arguments
     */
    public NetworkExec(Kernel kernel, Caller caller, String name, int network, List<byte[]> words) {
        this.kernel = kernel;
        this.caller = caller;
        this.name = name;
        this.network = network;
        this.words = words;
    }

    /**
     * The files of /etc/netns/NAME.
     *
     * @param mountable those that /etc has a counterpart of, or the others
     */
    public List<String> files(boolean mountable) {
        String[] files = new File("/etc/netns/" + name).list();
        List<String> found = new ArrayList<>();
        if (files != null) {
            Arrays.sort(files);
            for (String file : files) {
                if (new File("/etc/" + file).exists() == mountable) {
                    found.add(file);
                }
            }
        }
        return found;
    }

    /**
     * Becomes the program; does not return if that succeeds.
     *
     * @param arguments as ps is to show them
     */
    public JboxException become(List<byte[]> arguments) {
        int texts = Execution.size(words, caller.environment()) + files(true).size() * MOUNT;
        ToolProgram tool = new ToolProgram(kernel, "netns", caller, texts, List.of(network));
        enter(tool);
        tool.execute(words, caller.environment(), ToolProgram.FAILED);
        return tool.become(arguments);
    }

    /**
     * The program in every named network namespace, one after the other; what it ends with is not looked at.
     *
     * @param words the program and its arguments
     */
    public static Each inEach(Kernel kernel, Caller caller, NamedNetworks networks, List<byte[]> words) {
        List<NetworkExec> all = new ArrayList<>();
        for (String name : networks.names()) {
            all.add(new NetworkExec(kernel, caller, name, networks.open(name, NamedNetworks.BAD_NAME), words));
        }
        return new Each(kernel, caller, all, words);
    }

    /** Executions to come. */
    public record Each(Kernel kernel, Caller caller, List<NetworkExec> all, List<byte[]> words) {
        /**
         * Becomes the program that does them; does not return if that succeeds.
         *
         * @param arguments as ps is to show them
         */
        public JboxException become(List<byte[]> arguments) {
            int texts = 0;
            List<Integer> networks = new ArrayList<>();
            for (NetworkExec one : all) {
                texts += Execution.size(words, caller.environment())
                        + (one.files(true).size() + 4) * MOUNT;
                networks.add(one.network);
            }
            ToolProgram tool = new ToolProgram(kernel, "netns", caller, texts, networks);
            for (NetworkExec one : all) {
                byte[] heading = ("\nnetns: " + one.name + "\n").getBytes(StandardCharsets.UTF_8);
                tool.may(Syscall.WRITE, 1, tool.program().bytes(heading), heading.length);
                Op fork = tool.must("fork", Syscall.CLONE, Constants.SIGCHLD, 0, 0, 0, 0);
                Op wait = tool.may(Syscall.WAIT4, 0, 0, 0, 0);
                fork.store(wait.argumentAddress(0));
                fork.onZero(tool.program().next());
                tool.otherProcess();
                one.enter(tool);
                tool.execute(words, caller.environment(), ToolProgram.FAILED);
                tool.otherProcess();
                wait.next(tool.program().next());
            }
            tool.exit(0);
            return tool.become(arguments);
        }
    }

    private void enter(ToolProgram tool) {
        Map<Integer, String> root = Map.of(Errno.EPERM, "this wants root");
        tool.must(
                NamedNetworks.BAD_NAME, "enter \"" + name + "\"", root, Syscall.SETNS, network, Constants.CLONE_NEWNET);
        tool.must(NamedNetworks.BAD_NAME, "a new mount namespace", root, Syscall.UNSHARE, Constants.CLONE_NEWNS);
        mount(tool, "none", "/", "none", Constants.MS_SLAVE | Constants.MS_REC);
        Op unmount = tool.may(Syscall.UMOUNT2, tool.text(SYS), Constants.MNT_DETACH);
        // Where the old one cannot go, as in a container, the new one may do no more than that.
        Op like = mount(tool, name, SYS, "sysfs", isReadOnly() ? Constants.MS_RDONLY : 0);
        Op fresh = mount(tool, name, SYS, "sysfs", 0);
        unmount.onNegative(like.address()).onZero(fresh.address());
        like.onZero(tool.program().next());
        for (String file : files(true)) {
            String source = "/etc/netns/" + name + "/" + file;
            // As ip(8) has it, one that cannot be mounted is no reason not to run the program.
            tool.should(
                    "mount " + source + " on /etc/" + file,
                    Syscall.MOUNT,
                    tool.text(source),
                    tool.text("/etc/" + file),
                    tool.text("none"),
                    Constants.MS_BIND,
                    0);
        }
    }

    private static Op mount(ToolProgram tool, String source, String target, String type, int flags) {
        return tool.must(
                "mount " + source + " on " + target,
                Syscall.MOUNT,
                tool.text(source),
                tool.text(target),
                tool.text(type),
                flags,
                0);
    }

    private static boolean isReadOnly() {
        return !new File(SYS + "/class").canWrite();
    }
}
