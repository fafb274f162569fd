package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.OciImage;
import io.jbox.testhost.Originals;
import io.jbox.testhost.TarBuilder;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Environments to work in: by sudo, and as an ordinary user. */
class DevIT {
    private static final Path HOME = Path.of("/run/home");
    private static final Path PROJECT = HOME.resolve("work/app");
    private static final Path IMAGE = HOME.resolve("image");

    private enum Caller {
        SUDO,
        USER
    }

    @BeforeAll
    static void host() throws IOException {
        TestHost.require();
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/skopeo")), "skopeo is not installed");
        Originals.makeUser();
        Path accounts = Path.of("/etc/passwd");
        Files.writeString(
                accounts,
                Files.readString(accounts).replace("tester:x:4242:4242::/:", "tester:x:4242:4242::" + HOME + ":"));
        Files.createDirectories(HOME.resolve("run"));
        TarBuilder tar = new TarBuilder();
        for (String folder : List.of("bin", "etc", "tmp", "proc", "sys", "dev", "run")) {
            tar.folder(folder);
        }
        tar.add("bin/busybox", '0', 0755, "", Files.readAllBytes(Path.of("/bin/busybox")));
        for (String program :
                List.of("sh", "ls", "cat", "id", "pwd", "touch", "stat", "sleep", "mkdir", "mv", "chown", "true")) {
            tar.link("bin/" + program, "busybox");
        }
        tar.file("etc/passwd", "root:x:0:0::/root:/bin/sh\nother:x:4242:100::/other:/bin/sh\n");
        tar.file("etc/group", "root:x:0:\nvideo:x:44:tester\n");
        new OciImage()
                .layer(tar)
                .settings("{\"User\": \"other\", \"Env\": [\"OF=image\"]}")
                .write(IMAGE);
    }

    @BeforeEach
    void project() throws IOException {
        Files.createDirectories(PROJECT.resolve("src"));
        Wires.sh("rm -rf " + PROJECT + "/.git " + PROJECT + "/src/dev.yaml " + HOME
                + "/.local/share/jbox/app /var/lib/jbox/app /var/lib/jbox/.projects " + HOME
                + "/.local/share/jbox/.projects");
        Files.writeString(PROJECT.resolve(".env"), "PASSWORD=secret\n");
        Files.createDirectories(PROJECT.resolve("keys"));
        Files.writeString(PROJECT.resolve("keys/key"), "secret\n");
        config(
                "caches: [~/.cache/tool]",
                "pass: [PASSED, ABSENT, git]",
                "protect: [dev.yaml]",
                "hide: [.env, keys, gone]");
        Files.writeString(HOME.resolve(".gitconfig"), "[user]\n\tname = Tess Ter\n\temail = tess@example.org\n");
        Wires.sh("cd " + HOME + "; chown 4242:4242 . run work .gitconfig; chown -R 4242:4242 " + PROJECT
                + "; chmod 700 .");
    }

    @AfterEach
    void stop() {
        for (Caller caller : Caller.values()) {
            dev(caller, "stop", "-k", "app");
            dev(caller, "reset", PROJECT + "/dev.yaml");
        }
        assertThat(Boxes.leftovers()).isEmpty();
    }

    @AfterAll
    static void clean() {
        Originals.forgetUser();
        Wires.sh("rm -rf " + HOME + " /var/lib/jbox/app; bin/jbox store gc -a");
    }

    private static void config(String... lines) throws IOException {
        Files.writeString(
                PROJECT.resolve("dev.yaml"),
                "name: app\nrootfs: {image: \"oci:" + IMAGE + "\"}\nnet: [{type: empty}]\ndev:\n  "
                        + String.join("\n  ", lines) + "\n");
    }

    private static Result dev(Caller caller, String... words) {
        return in(PROJECT, caller, words);
    }

    /** A jbox command in a folder. */
    private static Result in(Path folder, Caller caller, String... words) {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "b=$PWD/$0; cd \"$1\"; shift; exec \"$b\" \"$@\""));
        List<String> ours = TestHost.command(words);
        command.add(ours.get(0));
        command.add(folder.toString());
        command.addAll(ours.subList(1, ours.size()));
        Map<String, String> environment = new HashMap<>(Map.of(
                "PASSED",
                "on",
                "SSH_AUTH_SOCK",
                HOME + "/agent",
                "HOME",
                HOME.toString(),
                "XDG_RUNTIME_DIR",
                HOME + "/run",
                "JBOX_ARCHIVE",
                "off"));
        if (caller == Caller.USER) {
            return TestHost.run(Originals.asUser(command), environment);
        }
        environment.put("SUDO_UID", "4242");
        environment.put("HOME", "/root");
        return TestHost.run(command, environment);
    }

    private static String out(Result result) {
        assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
        return result.out();
    }

    private static String owner(Path file) {
        return Wires.sh("stat -c %u:%g " + file).strip();
    }

    /** The agent itself stays outside: it asks who connects to it. */
    @ParameterizedTest
    @EnumSource(Caller.class)
    void programsReachTheCallersAgentWhileASessionLasts(Caller caller) throws Exception {
        config("pass: [SSH_AUTH_SOCK]");
        Path file = PROJECT.resolve("dev.yaml");
        Files.writeString(file, Files.readString(file) + "mount: {entry: ['/usr usr none bind,ro,create=dir']}\n");
        // A perl with its libraries, which Debian always has.
        String ask = "/usr/bin/perl -MIO::Socket::UNIX -e '"
                + "$s = IO::Socket::UNIX->new(Peer => $ENV{SSH_AUTH_SOCK}) or die; print $s qq(hello\\n);"
                + " print scalar <$s>'";
        Path socket = HOME.resolve("agent");
        try (ServerSocketChannel agent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            agent.bind(UnixDomainSocketAddress.of(socket));
            Wires.sh("chown 4242:4242 " + socket + "; chmod 600 " + socket);
            Thread server = new Thread(() -> answer(agent));
            server.setDaemon(true);
            server.start();
            out(dev(caller, "dev", "--", "true"));
            out(dev(caller, "exec", "app", "--", "sh", "-c", "ln -s usr/lib /lib; ln -s usr/lib64 /lib64"));

            assertThat(out(dev(caller, "dev", "--", "sh", "-c", ask))).isEqualTo("HELLO\n");
            // Who comes and goes does no harm to the session.
            String churn = "/usr/bin/perl -MIO::Socket::UNIX -e 'for (1..100) {"
                    + " $s = IO::Socket::UNIX->new(Peer => $ENV{SSH_AUTH_SOCK}) or die; print $s q(x) x 9; close $s }'; ";
            assertThat(out(dev(caller, "dev", "--", "sh", "-c", churn + ask))).isEqualTo("HELLO\n");
            assertThat(out(dev(caller, "dev", "--", "sh", "-c", "ls -ln $SSH_AUTH_SOCK")))
                    .startsWith("srw-------")
                    .contains(" 4242 ");
            String states = caller == Caller.SUDO ? "/run/jbox" : HOME + "/run/jbox";
            assertThat(Wires.sh("ls -A " + states + "/app/agent")).isEmpty();
            // Of somebody else's socket the developer has nothing, whoever passes it on.
            Wires.sh("chown 0:0 " + socket + "; chmod 666 " + socket);
            Result refused = dev(caller, "dev", "--", "sh", "-c", "echo ${SSH_AUTH_SOCK-none}");
            assertThat(refused.out()).isEqualTo("none\n");
            assertThat(refused.err()).contains("SSH_AUTH_SOCK: " + socket + " is not a socket of tester");
        } finally {
            Files.delete(socket);
        }
    }

    /** In capitals. */
    private static void answer(ServerSocketChannel agent) {
        while (agent.isOpen()) {
            try (SocketChannel asking = agent.accept()) {
                ByteBuffer text = ByteBuffer.allocate(100);
                asking.read(text);
                String said = new String(text.array(), 0, text.position(), StandardCharsets.UTF_8);
                asking.write(ByteBuffer.wrap(said.toUpperCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8)));
            } catch (IOException e) {
                continue; // that one has gone, or the test has ended
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Caller.class)
    void aDeveloperWorksAsHerself(Caller caller) throws IOException {
        Result first = in(
                PROJECT.resolve("src"),
                caller,
                "dev",
                "--",
                "sh",
                "-c",
                "id -u; id -g; id -un; pwd; echo $HOME $USER $OF $PASSED $ABSENT; touch made ~/own ~/.cache/tool/cached ~/.cache/more;"
                        + " stat -c %u:%g made / /bin ~; echo $GIT_CONFIG_COUNT $GIT_CONFIG_VALUE_0; exit 3");

        assertThat(first.exitCode()).as(first.err()).isEqualTo(3);
        assertThat(first.out()).isEqualTo("""
                4242
                4242
                tester
                /run/home/work/app/src
                /run/home tester image on
                4242:4242
                0:0
                0:0
                4242:4242
                2 Tess Ter
                """);
        assertThat(owner(PROJECT.resolve("src/made"))).isEqualTo("4242:4242");
        assertThat(owner(HOME.resolve(".cache/tool/cached"))).isEqualTo("4242:4242");
        assertThat(HOME.resolve("own")).doesNotExist();
        assertThat(HOME.resolve(".cache/more")).doesNotExist();

        // Another terminal comes to the same box; another folder begins at the project's.
        String pid = out(dev(caller, "pid", "app"));
        assertThat(out(in(Path.of("/"), caller, "dev", PROJECT.toString(), "--", "sh", "-c", "pwd; ls ~")))
                .isEqualTo(PROJECT + "\nown\nwork\n");
        assertThat(out(dev(caller, "pid", "app"))).isEqualTo(pid);
        out(dev(caller, "stop", "app"));
        assertThat(out(dev(caller, "dev", "--", "ls", HOME.toString()))).isEqualTo("own\nwork\n");
    }

    @ParameterizedTest
    @EnumSource(Caller.class)
    void whatIsProtectedOrHiddenStaysSo(Caller caller) throws IOException {
        String attempt = "cat .env; ls keys; cat keys/key; echo x >dev.yaml; mv dev.yaml other; mv .env other; exit 0";

        Result mine = dev(caller, "dev", "--", "sh", "-c", attempt);
        Result roots = dev(caller, "exec", "app", "--", "sh", "-c", "cd " + PROJECT + "; " + attempt);

        for (Result result : List.of(mine, roots)) {
            assertThat(result.out()).as(result.err()).isEmpty();
            assertThat(result.err())
                    .contains("can't open '.env'", "dev.yaml: Read-only file system", "can't rename '.env'");
        }
        out(dev(caller, "stop", "app"));
        assertThat(Wires.sh("cd " + PROJECT + " && find . -type f | sort"))
                .isEqualTo("./.env\n./dev.yaml\n./keys/key\n");
    }

    /** Root of a box that root has started cannot make files on the host that would be root's. */
    @Test
    void theBoxsRootOwnsNothingInTheProject() {
        out(dev(Caller.SUDO, "dev", "--", "true"));

        Result result = dev(
                Caller.SUDO,
                "exec",
                "app",
                "--",
                "sh",
                "-c",
                "touch " + PROJECT + "/roots; chown 0 " + PROJECT + "/.env");

        assertThat(result.exitCode()).isNotZero();
        assertThat(PROJECT.resolve("roots")).doesNotExist();
        assertThat(owner(PROJECT.resolve(".env"))).isEqualTo("4242:4242");
    }

    @ParameterizedTest
    @EnumSource(Caller.class)
    void withRmNothingButTheProjectStays(Caller caller) throws IOException {
        assertThat(out(dev(caller, "dev", "--rm", "--", "sh", "-c", "touch ~/own src/made; ls ~")))
                .isEqualTo("own\nwork\n");

        assertThat(out(dev(caller, "dev", "--rm", "--", "sh", "-c", "ls ~"))).isEqualTo("work\n");
        assertThat(PROJECT.resolve("src/made")).exists();
        assertThat(Path.of("/var/lib/jbox/app")).doesNotExist();
        assertThat(dev(caller, "pid", "app").exitCode()).isNotZero();
    }

    /** A root file system that is changed in its place cannot be as it was before. */
    @Test
    void withRmThereMustBeLayers() throws IOException {
        Wires.sh("rm -rf /srv/plain; mkdir -p -m 700 /srv/plain");
        Path file = Path.of("/srv/plain/dev.yaml");
        Files.writeString(file, "rootfs: {path: \"box:bbox\"}\ndev: {folder: /work}\n");

        TestHost.Result result = TestHost.jbox("dev", "--rm", file.toString(), "--", "true");

        assertThat(result.exitCode()).isEqualTo(125);
        assertThat(result.err()).contains("neither an image nor an overlay", "dev.yaml:1:16", "jbox dev without --rm");
        assertThat(Boxes.leftovers()).isEmpty();
        Wires.sh("rm -rf /srv/plain /var/lib/jbox/dev-plain-*");
    }

    /** Ports of the box on the host's loopback, and on no other address; the program that passes them on has no rights. */
    @ParameterizedTest
    @EnumSource
    void portsOfTheBoxAreOnTheLoopback(Caller caller) throws IOException {
        config("ports: [18080, \"18081:17007\"]");
        Path file = PROJECT.resolve("dev.yaml");
        Files.writeString(file, Files.readString(file).replace("{type: empty}", "{type: empty, flags: up}"));
        String serve = "while :; do echo hello from box | busybox nc -l -p 18080; done &"
                + " while :; do busybox nc -l -p 17007 -e /bin/cat; done & busybox sleep 0.5";
        out(dev(caller, "dev", "--", "sh", "-c", "(" + serve + ") >/dev/null 2>&1 </dev/null &"));

        Boxes.await(
                "a server",
                () -> Wires.sh("busybox nc 127.0.0.1 18080 </dev/null || :").equals("hello from box\n"));
        assertThat(Wires.sh("head -c 3000000 /dev/zero | busybox nc 127.0.0.1 18081 | wc -c"))
                .isEqualTo("3000000\n");
        assertThat(Wires.sh("ss -Hltn | grep -c '127.0.0.1:1808[01] '")).isEqualTo("2\n");
        assertThat(Wires.sh("ss -Hltn | grep 1808 | grep -cv 127.0.0.1 || :")).isEqualTo("0\n");
        String status = Wires.sh("cat /proc/$(pgrep -o jbox-relay)/status");
        assertThat(status)
                .containsPattern("CapEff:\t0+\n")
                .containsPattern("Uid:\t4242")
                .contains("NoNewPrivs:\t1");

        // A port that is taken is an error with its line, and nothing is left.
        Files.writeString(
                PROJECT.resolve("other.yaml"),
                Files.readString(PROJECT.resolve("dev.yaml")).replace("name: app", "name: app2"));
        Result taken = dev(caller, "dev", "other.yaml", "--", "true");
        assertThat(taken.exitCode()).isEqualTo(125);
        assertThat(taken.err()).contains("listen on 127.0.0.1:18080", "EADDRINUSE", "other.yaml:5:");
        assertThat(TestHost.processes("jbox-relay 18080")).isNotEmpty();

        out(dev(caller, "dev", "--stop"));
        Boxes.await("its end", () -> TestHost.processes("jbox-relay").isEmpty());
        config("ports: [80, \"81:80\", \"80:82\", \"1:2:3\", 0]");
        assertThat(dev(caller, "dev", "--", "true").err())
                .contains("dev.yaml:5:", "PORT or HOST:BOX", "127.0.0.1 only");
        config("ports: [18080, \"18080:82\"]");
        assertThat(dev(caller, "dev", "--", "true").err()).contains("port 18080 of the host cannot lead to two");
        Files.delete(PROJECT.resolve("other.yaml"));
    }

    @Test
    void manyTerminalsAtOnceComeToOneBox() throws InterruptedException {
        String[] come = {"dev", "--", "cat", "/proc/1/stat"};
        List<Result> results = atOnce(come, come, come, come);

        assertThat(results).as("%s", results).extracting(Result::exitCode).containsOnly(0);
        assertThat(results.stream().map(r -> r.out().split(" ")[21]).distinct()).hasSize(1);
    }

    /** That it has changed is the user's own doing, in another terminal. */
    @Test
    void aLockMayBeWrittenAtTheSameTime() throws IOException, InterruptedException {
        String[] come = {"dev", "--", "true"};
        String[] lock = {"lock", "dev.yaml"};
        for (int i = 0; i < 3; i++) {
            List<Result> results = atOnce(come, lock, come, new String[] {"lock", "--update", "dev.yaml"});

            assertThat(results).as("%s", results).extracting(Result::exitCode).containsOnly(0);
        }
        Files.delete(PROJECT.resolve("dev.lock"));
    }

    private static List<Result> atOnce(String[]... commands) throws InterruptedException {
        List<Thread> terminals = new ArrayList<>();
        List<Result> results = Collections.synchronizedList(new ArrayList<>());
        for (String[] command : commands) {
            Thread terminal = new Thread(() -> results.add(dev(Caller.USER, command)));
            terminal.start();
            terminals.add(terminal);
        }
        for (Thread terminal : terminals) {
            terminal.join();
        }
        return results;
    }

    @Test
    void mistakesHaveTheirPlace() throws IOException {
        config("caches: [relative]", "protect: [../up]", "hide: [/etc]", "folder: here");
        assertThat(dev(Caller.SUDO, "dev").err())
                .contains("dev.yaml:5:", "dev.yaml:6:", "dev.yaml:7:", "dev.yaml:8:", "is not a folder of the box");
        Files.writeString(PROJECT.resolve("dev.yaml"), "rootfs: {template: busybox}\n");
        assertThat(dev(Caller.SUDO, "dev").err()).contains("describes no environment to work in", "add \"dev: {}\"");
        Files.writeString(PROJECT.resolve("dev.yaml"), "rootfs: {template: busybox}\ndev: {}\n");
        assertThat(dev(Caller.USER, "dev").err()).contains("dev.yaml:1:", "rootfs.image");
        assertThat(in(Path.of("/run"), Caller.SUDO, "dev").err()).contains("no dev.yaml in /run or a folder above it");
        Wires.sh("chown 77 " + PROJECT + "/dev.yaml");
        assertThat(dev(Caller.SUDO, "dev").err()).contains("belongs to another user");
        assertThat(dev(Caller.USER, "dev").err()).contains("belongs to another user");
    }

    /** What runs in the box cannot decide what the host does at the next start. */
    @ParameterizedTest
    @EnumSource(Caller.class)
    void theBoxDoesNotWriteItsOwnConfiguration(Caller caller) throws IOException {
        Files.createDirectories(PROJECT.resolve(".git/hooks"));
        config("protect: [.git/hooks]");
        Wires.sh("chown -R 4242:4242 " + PROJECT);
        String attempt = "echo 'ephemeral: true' >>dev.yaml; mv .git away; echo x >.git/hooks/pre-commit;"
                + " echo 'dev: {}' >src/dev.yaml; exit 0";

        Result result = dev(caller, "dev", "--allow", "--", "sh", "-c", attempt);

        assertThat(result.err())
                .contains(
                        "dev.yaml: Read-only file system", "'.git': Device or resource busy", "pre-commit: Read-only");
        assertThat(in(PROJECT.resolve("src"), caller, "dev", "--", "true").err())
                .contains("lies in a project that has a dev.yaml of its own");

        // By a rename on the host the file becomes another one, which the box can write to.
        Wires.sh("cd " + PROJECT + "; cp -p dev.yaml new; mv new dev.yaml");
        assertThat(dev(caller, "dev", "--", "sh", "-c", "echo 'ephemeral: true' >>dev.yaml")
                        .exitCode())
                .isZero();
        Result changed = dev(caller, "dev", "--", "true");
        assertThat(changed.exitCode()).isEqualTo(125);
        assertThat(changed.err()).contains("has changed since it was used last", "jbox dev --allow");
        for (String command : new String[] {"start", "run"}) {
            String[] words = command.equals("run")
                    ? new String[] {"run", "-f", PROJECT + "/dev.yaml", "--", "true"}
                    : new String[] {"start", PROJECT + "/dev.yaml"};
            assertThat(dev(caller, words).err()).contains("has changed since it was used last");
        }
        assertThat(dev(caller, "restart", "app").err()).contains("has changed since it was used last");
        out(dev(caller, "dev", "--allow", "--", "true"));
        out(dev(caller, "dev", "--stop"));
        assertThat(out(dev(caller, "dev", "--", "pwd"))).isEqualTo(PROJECT + "\n");
    }

    @Test
    void removalIsOfTheBoxThatWasStarted() throws IOException {
        out(dev(Caller.SUDO, "dev", "--", "touch", HOME + "/own"));
        assertThat(dev(Caller.SUDO, "dev", "--rm", "--", "true").err()).contains("runs already", "jbox dev --stop");
        out(dev(Caller.SUDO, "dev", "--stop"));

        out(dev(Caller.SUDO, "dev", "--rm", "-s", "name=other", "--", "touch", HOME + "/others"));

        assertThat(Path.of("/var/lib/jbox/other/rootfs")).doesNotExist();
        assertThat(out(dev(Caller.SUDO, "dev", "--", "ls", HOME.toString()))).isEqualTo("own\nwork\n");
        Path twin = HOME.resolve("work/twin");
        Wires.sh("cp -rp " + PROJECT + " " + twin);
        out(dev(Caller.SUDO, "dev", "--stop"));
        assertThat(in(twin, Caller.SUDO, "dev", "--", "true").err()).contains("there is a box \"app\" already");
        Wires.sh("rm -rf /var/lib/jbox/other " + twin);
    }

    @Test
    void whatCannotBeIsSaid() throws IOException {
        assertThat(dev(Caller.SUDO, "create", "copied", "-f", PROJECT + "/dev.yaml")
                        .err())
                .contains("dev.yaml:5:", "another folder than the project's");
        Files.writeString(HOME.resolve("dev.yaml"), "rootfs: {image: \"oci:" + IMAGE + "\"}\ndev: {}\n");
        Wires.sh("chown 4242 " + HOME + "/dev.yaml");
        assertThat(in(HOME, Caller.USER, "dev").err()).contains("all of tester's files are in it");
        Wires.sh("rm " + HOME + "/dev.yaml; ln -s /etc " + PROJECT + "/link");
        config("hide: [link/passwd]", "caches: [" + HOME + "/work]");
        assertThat(dev(Caller.USER, "dev").err())
                .contains("dev.hide: \"link\" is a symbolic link", "is not a folder outside the project");
        Wires.sh("rm " + PROJECT + "/link");
        config("hide: [gone]");
        assertThat(dev(Caller.SUDO, "dev", "--allow", "--", "true").err()).contains("there is no gone");
    }

    /** What is read-only holds whatever else is covered, and whatever the project is called. */
    @Test
    void coversDoNotUndoOneAnother() throws IOException {
        Files.createDirectories(PROJECT.resolve("a/b/c"));
        Files.createDirectories(PROJECT.resolve("h/s"));
        Files.writeString(PROJECT.resolve("h/s/k"), "secret");
        config("protect: [a/b/c, a, h]", "hide: [h/s/k]");
        Path link = HOME.resolve("work/link");
        Wires.sh("chown -R 4242:4242 " + PROJECT + "; ln -sfn " + PROJECT + " " + link);

        Result result = in(
                link,
                Caller.SUDO,
                "dev",
                link.toString(),
                "--",
                "sh",
                "-c",
                "touch a/x a/b/x a/b/c/x h/x h/s/x; cat h/s/k; echo >>dev.yaml; exit 0");

        assertThat(result.err().split("Read-only file system", -1))
                .as(result.err())
                .hasSize(7);
        assertThat(result.err()).contains("can't open 'h/s/k'");
        Wires.sh("rm -r " + link + " " + PROJECT + "/a " + PROJECT + "/h");
    }

    /** The host executes nothing for a project, and believes no file that the box can write. */
    @Test
    void theHostExecutesNothingForAProject() throws IOException {
        Files.writeString(
                PROJECT.resolve("dev.yaml"),
                "name: app\nrootfs: {image: \"oci:" + IMAGE
                        + "\"}\nhook: {pre-start: [/bin/true], start: [/bin/true]}\n"
                        + "net: [{type: empty, script: {up: /bin/true}}]\nmount: {fstab: fstab}\n"
                        + "seccomp: {profile: s.json}\ndev: {}\n");

        assertThat(dev(Caller.SUDO, "dev").err())
                .contains(
                        "hook.pre-start: the host executes nothing",
                        "net.script: the host",
                        "mount.fstab: the file lies")
                .contains("seccomp.profile: the file lies")
                .doesNotContain("hook.start: ");

        Files.createDirectories(Path.of("/var/lib/jbox/victim/rootfs"));
        Files.writeString(
                PROJECT.resolve("dev.yaml"),
                "name: victim\nrootfs: {image: \"oci:" + IMAGE + "\"}\nnet: [{type: empty}]\ndev: {}\n");
        assertThat(dev(Caller.SUDO, "dev", "--rm", "--allow", "--", "true").err())
                .contains("there is a box \"victim\" already");
        assertThat(Path.of("/var/lib/jbox/victim/rootfs")).exists();
        Wires.sh("rm -r /var/lib/jbox/victim");
    }

    @Test
    void aProjectWithinAnotherHasToBeAllowed() throws IOException {
        out(dev(Caller.SUDO, "dev", "--", "true"));
        Path inner = PROJECT.resolve("src/inner.yaml");
        Wires.sh("cp -p " + PROJECT + "/dev.yaml " + inner + "; sed -i 's/^name: app/name: inner/; s/, dev.yaml//' "
                + inner);

        assertThat(dev(Caller.SUDO, "dev", inner.toString(), "--", "true").err())
                .contains("lies in another project");

        assertThat(out(dev(Caller.SUDO, "dev", "--rm", "--allow", inner.toString(), "--", "pwd")))
                .isEqualTo(PROJECT + "/src\n");
        assertThat(Path.of("/var/lib/jbox/inner")).doesNotExist();
        Files.delete(inner);
    }
}
