package io.jbox.testhost;

import io.jbox.testhost.TestHost.Result;
import java.util.List;

/** Scripts that call {@code jbox run NAME --} as $X: whoever does it must do the same. */
public final class RunScripts {
    private RunScripts() {}

    /** All of them. */
    public static List<String> all() {
        return List.of(
                "for i in 0 1 2 124 125 126 127 128 130 200 255; do $X sh -c \"exit $i\"; echo $?; done",
                "for s in 1 2 6 9 11 13 14 15 10 34; do $X sh -c \"kill -$s \\$\\$\"; echo $?; done",
                "$X sh -c 'echo out; echo err >&2; echo again'; $X sh -c 'echo out; echo err >&2; echo again' 2>&1",
                "$X head -c 3000001 /dev/zero | md5sum; $X sh -c 'head -c 200000 /dev/zero; exit 3' 2>&1 | wc -c",
                "$X sh -c '(sleep 0.3; echo late) & echo early'",
                "echo hello | $X cat; $X cat </etc/hostname; seq 100 >in; { $X head -n 1; cat | md5sum; } <in; $X sh <in",
                "seq 100000 | { $X dd bs=1 count=10 2>/dev/null; cat | md5sum; }; seq 3 | while read l; do $X true; echo $l; done",
                "$X yes | head -n 2; $X sh -c 'yes; echo code $? >&2' | head -n 1",
                "$X sh -c 'echo out; echo err >&2' >/dev/null 2>&1; $X echo hi >/dev/null; $X sh -c 'exec <&- >&- 2>&-; exit 3'; echo $?",
                "$X env | sort; SECRET=x $X env | sort; $X pwd; umask 077; $X sh -c 'umask; ulimit -a; id; hostname'",
                "$X ls -l /proc/self/fd | sed 's/.*-> //; s/[0-9][0-9]*//g'; $X ls /proc/self/fd 7</etc/passwd",
                "$X sh -c 'cat /proc/self/cgroup /proc/self/limits /proc/self/oom_score_adj; mount | sort; ls -l /dev | cut -c 11-'",
                "$X grep -E '^(Uid|Gid|Groups|Sig[^Q]|Shd|Cap|NoNew|Seccomp|Umask|Threads)' /proc/self/status; $X cat /proc/1/status | grep -E 'Sig[^Q]'",
                "$X ps -o pid,ppid,comm; $X sh -c 'ip addr; cat /proc/1/comm; cat /proc/1/environ'; $X sh -c 'echo $#' x $(seq 2000)",
                "$X sh -c 'tail /dev/zero'; echo $?",
                "$X no-such; echo $?; $X /etc/passwd; echo $?; $X ''; echo $?",
                "$X echo a >/dev/full; echo $?; $X cat <&-; $X echo a >&-; echo $?; $X sh -c 'echo e >&2' 2>&-; echo $?",
                "sh signals.sh '' USR1; sh signals.sh '' TERM WINCH; sh signals.sh '' INT INT INT; sh signals.sh '' QUIT",
                "sh signals.sh INT,USR1 INT USR1 HUP; { timeout 0.3 $X yes; echo code $? >&2; } | (sleep 0.6; wc -c >/dev/null)");
    }

    /** What comes before a script. */
    public static String calling(String command) {
        return "cd " + Signals.FOLDER + "; X='" + command + "'; export X; ";
    }

    /** What a script has done, without the ids on the host. */
    public static Result seen(Result result) {
        return new Result(
                result.exitCode(),
                result.out().replaceAll("/dev/pts/[0-9]+", "/dev/pts/N").replaceAll("18[0-9]{8}", "N"),
                result.err().replaceAll("[0-9]{6,}", "N"));
    }
}
