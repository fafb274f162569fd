package io.jbox.life;

import java.nio.file.Path;

/** The jbox that works on stores for another one: it is run as a process, on the classes under test. */
final class StandInJbox {
    private StandInJbox() {}

    /**
     * Makes it.
     *
     * @param run what {@code jbox run FILE -- CMD…} is instead of a box: lines for a shell
     */
    static void make(StandIns host, String run) {
        String java = Path.of(System.getProperty("java.home"), "bin/java").toString();
        String classes = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        host.write("home/bin/jbox", """
                #!/bin/sh
                case $1 in run) %s ;; esac
                exec %s -XX:TieredStopAtLevel=1 -Djbox.home=%s -cp '%s' io.jbox.start.Start "$@"
                """.formatted(run, java, host.path("home"), classes));
    }

    /** One that fails with a message of its own, as jbox would. */
    static void failing(StandIns host, String message) {
        host.write("home/bin/jbox", "#!/bin/sh\ncat >/dev/null\necho 'jbox: " + message + "' >&2\nexit 125\n");
    }
}
