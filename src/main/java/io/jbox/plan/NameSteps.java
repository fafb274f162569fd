package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.Namespace;
import io.jbox.facts.HostFacts;
import io.jbox.facts.KnownBox;
import io.jbox.facts.NetworkFacts;
import io.jbox.problem.Place;
import io.jbox.problem.RawText;
import io.jbox.program.Actor;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Step;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives the box its name and its resolver: /etc/hosts, /etc/hostname and /etc/resolv.conf.
 * Files with the right content are left alone.
 */
final class NameSteps {
    private static final String MARK = "# by jbox: who knows the boxes on its bridge\n";
    private static final String LOCAL = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n";
    /** The address that Debian uses for a host's own name if its address may change. */
    private static final String OWN = "127.0.1.1\t";

    private final Config config;
    private final HostFacts facts;
    private final EtcFiles files;

    NameSteps(Config config, HostFacts facts) {
        this.config = config;
        this.facts = facts;
        this.files = new EtcFiles(config, facts);
    }

    /** Whether they are written to a root file system that belongs to the box alone. */
    boolean areInOwnTree() {
        return files.areOwn();
    }

    /** The files that are covered by mounts, once everything is written: the covering files contain their content. */
    KnownBox covered(String rootfs) {
        return new KnownBox(rootfs, files.covered(), List.of());
    }

    void write(List<Step> steps) {
        HostFacts.Etc etc = facts.etc();
        if (!etc.exists() || !config.has(Namespace.UTS)) {
            return;
        }
        String name = config.namespaces().utsName().get();
        String hosts = etc.hosts();
        files.write("hosts", hosts(hosts, name), hosts, Place.DEFAULT, steps);
        String hostname = etc.hostname();
        boolean written = !config.namespaces().utsName().place().isDefault();
        // A later change by someone else stays, unless the configuration has a different name; the file of a lower
        // layer is not the box's.
        boolean keeps =
                config.rootfs().path().place().isDefault() && !written && hostname != null && !hostname.isBlank();
        if (!keeps && (hostname == null || !hostname.strip().equals(name))) {
            files.write("hostname", name + "\n", hostname, Place.DEFAULT, steps);
        }
        String resolver = resolver();
        String before = etc.resolvConf();
        boolean empty = before == null || before.isBlank() || before.startsWith(MARK);
        // A dangling link is systemd's: its resolver makes the target, and has been configured.
        boolean others = before == null && config.init().isSystemd();
        if (resolver != null && !others && (empty || !files.areOwn())) {
            files.write("resolv.conf", MARK + "nameserver " + resolver + "\n", before, Place.DEFAULT, steps);
        }
    }

    /**
     * The file with the box's name, and without that of another box with the same root file system, which would point
     * here, too.
     *
     * @param before the current content
     */
    private static String hosts(@Nullable String before, String name) {
        int dot = name.indexOf('.');
        StringBuilder text = new StringBuilder();
        String there = before == null || before.isBlank() ? LOCAL : before;
        for (int start = 0, end; start < there.length(); start = end) {
            int newline = there.indexOf('\n', start);
            end = newline < 0 ? there.length() : newline + 1;
            String line = there.substring(start, end);
            if (hasWord(line, name) || !isOwnName(line.strip())) {
                text.append(line);
            }
        }
        if (!text.isEmpty() && text.charAt(text.length() - 1) != '\n' && !hasWord(there, name)) {
            text.append('\n');
        }
        if (!hasWord(there, name)) {
            // The full name first, as in hosts(5): that is what hostname -f prints.
            text.append(OWN)
                    .append(name)
                    .append(dot > 0 ? " " + name.substring(0, dot) : "")
                    .append('\n');
        }
        return text.toString();
    }

    /** Whether this class would have written the line: one name, or a full name and its first part. */
    private static boolean isOwnName(String line) {
        if (!line.startsWith(OWN)) {
            return false;
        }
        String names = line.substring(OWN.length());
        int space = names.indexOf(' ');
        return space < 0 ? names.indexOf('\t') < 0 : names.startsWith(names.substring(space + 1) + ".");
    }

    /** The resolver that knows the boxes on the box's bridge. */
    private @Nullable String resolver() {
        for (NetworkFacts.Choice choice : facts.network().choices()) {
            if (choice.resolver() != null) {
                return choice.resolver();
            }
        }
        return null;
    }

    /** Whether a text contains a word between white space. */
    private static boolean hasWord(String text, String word) {
        for (int at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
            int end = at + word.length();
            if ((at == 0 || Character.isWhitespace(text.charAt(at - 1)))
                    && (end == text.length() || Character.isWhitespace(text.charAt(end)))) {
                return true;
            }
        }
        return false;
    }

    /** Tells systemd's network and resolver daemons, through files in /run, what is configured from outside. */
    void tellSystemd(List<Step> steps) {
        if (!config.init().isSystemd()) {
            return;
        }
        List<String> names = InterfaceChoices.names(config.net());
        for (int i = 0; i < facts.network().choices().size(); i++) {
            boolean given = !InterfaceChoices.addresses(config.net().get(i), facts.network(), i, 4)
                    .isEmpty();
            if (given) {
                String text = "[Match]\nName=" + names.get(i) + "\n[Network]\nKeepConfiguration=static\n"
                        + "LinkLocalAddressing=no\nIPv6AcceptRA=no\n";
                steps.add(inRun("network", "10-jbox-" + names.get(i) + ".network", text));
            }
        }
        String resolver = resolver();
        if (resolver != null) {
            steps.add(inRun("resolved.conf.d", "jbox.conf", "[Resolve]\nDNS=" + resolver + "\n"));
        }
    }

    private static Step inRun(String folder, String name, String text) {
        Descriptor run = new Descriptor("run-" + name);
        Descriptor file = new Descriptor("run-file-" + name);
        String path = "systemd/" + folder;
        Step.Draft step = Step.by(Actor.INIT, "write \"/run/" + path + "/" + name + "\"", Place.DEFAULT);
        MountCalls.openTarget(step, run, "run", true);
        return step.tolerate(MKDIRAT, fd(run), text("systemd"), DataArg.mode(0755))
                .tolerate(MKDIRAT, fd(run), text(path), DataArg.mode(0755))
                .open(
                        file,
                        OPENAT,
                        fd(run),
                        text(path + "/" + name),
                        flags(O_WRONLY, O_CREAT, O_EXCL, O_CLOEXEC),
                        DataArg.mode(0644))
                .call(WRITE, fd(file), text(text), number(RawText.encode(text).length))
                .optional()
                .build();
    }
}
