package io.jbox.testhost;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Scripts that send signals to a command, which they call as $X. */
public final class Signals {
    /** Where the scripts are. */
    public static final String FOLDER = "/run/compiled";

    /** Starts a command that tells of its signals, and sends jbox some: signals.sh IGNORED SIGNAL... */
    private static final String SIGNALS = """
            log=/run/signals.log
            : >$log
            ignored=$1
            shift
            env --default-signal ${ignored:+--ignore-signal=$ignored} $X sh -c '
                for s in USR1 HUP INT TERM WINCH CONT TSTP; do trap "echo got $s" $s; done
                echo ready
                for i in 1 2 3 4 5 6 7 8; do sleep 0.1 & wait $!; done
                exit 9' >$log &
            jbox=$!
            until grep -q ready $log; do sleep 0.02; done
            for s in "$@"; do
                sleep 0.15
                case $s in
                    state) sed 's/.*) \\(.\\).*/\\1/' /proc/$jbox/stat ;;
                    *) kill -$s $jbox ;;
                esac
            done
            wait $jbox
            echo code $?
            cat $log
            """;

    /** A command that is stopped by another process of its box: stopped.sh SIGNAL... */
    private static final String STOPPED = """
            env --default-signal $X sh -c 'me=$$; (sleep 0.2; kill -STOP $me) & sleep 0.7; sleep 0.3; echo late' &
            jbox=$!
            sleep 0.9
            for s in "$@"; do kill -$s $jbox 2>/dev/null; sleep 0.2; done
            wait $jbox
            echo code $?
            """;

    private Signals() {}

    /** Makes the scripts. */
    public static void writeScripts() {
        try {
            Files.createDirectories(Path.of(FOLDER));
            Files.writeString(Path.of(FOLDER, "signals.sh"), SIGNALS);
            Files.writeString(Path.of(FOLDER, "stopped.sh"), STOPPED);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
