package io.jbox.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.number.Pid;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ProcessTreeTest {
    @TempDir
    Path folder;

    @Test
    void whatIsKilledHasEndedWhenItReturns() throws IOException {
        for (int round = 0; round < 20; round++) {
            Process process = shell("sleep 300 & sh -c 'sleep 300; :' & echo; sleep 300; touch " + next());
            List<ProcessHandle> all = all(process, 5);

            ProcessTree.kill(process);

            assertThat(all).allMatch(ProcessTreeTest::hasEnded);
            assertThat(next()).doesNotExist();
        }
    }

    @Test
    void whatIsAskedToEndCanCleanUpAndWhatIgnoresThatIsKilled() throws IOException {
        Process process = shell("trap 'touch " + next()
                + "; exit' TERM; (trap '' TERM; while :; do sleep 300; done) & echo; while :; do sleep 300; done");
        List<ProcessHandle> all = all(process, 4);

        ProcessTree.terminate(process);

        assertThat(all).allMatch(ProcessTreeTest::hasEnded);
        assertThat(next()).exists();
    }

    @Test
    void anInterruptionIsKept() throws IOException {
        Process process = shell("echo; sleep 300; :");
        List<ProcessHandle> all = all(process, 2);
        Thread.currentThread().interrupt();

        ProcessTree.kill(process);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(all).allMatch(ProcessTreeTest::hasEnded);
    }

    private Path next() {
        return folder.resolve("next");
    }

    private static Process shell(String line) throws IOException {
        Process process = new ProcessBuilder("sh", "-c", line).start();
        BufferedReader out = process.inputReader();
        out.readLine();
        return process;
    }

    /** It may be that its new parent has not waited for it. */
    private static boolean hasEnded(ProcessHandle process) {
        ProcessStat stat = ProcessStat.find(new Pid((int) process.pid()));
        return stat == null || stat.hasEnded();
    }

    /** It and its descendants, once there are so many. */
    private static List<ProcessHandle> all(Process process, int number) {
        while (true) {
            List<ProcessHandle> all = Stream.concat(Stream.of(process.toHandle()), process.descendants())
                    .toList();
            if (all.size() >= number) {
                return all;
            }
            Thread.onSpinWait();
        }
    }
}
