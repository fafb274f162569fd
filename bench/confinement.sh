#!/bin/bash
# confinement.sh [RUNS]: what confinement costs and what it leaves: the default filter of system calls in a fresh JVM (with the
# class archive that jbox uses, and without), and how many system calls a program can make in a box of jbox, of LXC and of
# crun, as far as they are installed and start here, counted by one probe: calls that do not end in EPERM or ENOSYS when they
# are made with arguments of zero. Needs root and perl.
set -eu
runs=${1:-15}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
mvn -B -q -Pbench -Dspotless.check.skip=true test-compile >&2
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
flags='-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData -Xlog:disable -Xlog:all=off'
mkdir "$work/classes"
cp -r target/classes/io "$work/classes/"
mkdir -p "$work/classes/io/jbox/bench"
cp target/test-classes/io/jbox/bench/FilterBenchmark.class "$work/classes/io/jbox/bench/"
(cd "$work/classes" && jar cf "$work/filter.jar" .)
# shellcheck disable=SC2086 # flags are words
"$java" $flags -XX:ArchiveClassesAtExit="$work/filter.jsa" -cp "$work/filter.jar" io.jbox.bench.FilterBenchmark >/dev/null 2>&1 || :
for archive in "-XX:SharedArchiveFile=$work/filter.jsa" "-Xshare:auto"; do
    for _ in $(seq "$runs"); do
        # shellcheck disable=SC2086
        "$java" $flags "$archive" -cp "$work/filter.jar" io.jbox.bench.FilterBenchmark
    done | sort -n | awk -v name="${archive%%=*}" '{ a[NR] = $1; b[NR] = $2 } END {
        printf "default filter, %-24s first %.2f ms, second %.2f ms (medians of %d)\n", name, a[int((NR + 1) / 2)] / 1000, b[int((NR + 1) / 2)] / 1000, NR }'
done

mkdir -p "$work/rootfs"/{proc,sys,dev,tmp,usr,bin,sbin,lib,lib64,etc,root}
cat >"$work/rootfs/probe" <<'P'
$| = 1;
my ($made, $refused) = (0, 0);
for my $number (split /,/, $ENV{NUMBERS} || $ARGV[0]) {
    my $pid = fork;
    if (!$pid) {
        open STDIN, '<', '/dev/null';
        alarm 1;
        $! = 0;
        my $result = syscall($number + 0, 0, 0, 0, 0, 0, 0);
        my $error = $! + 0;
        require POSIX;
        POSIX::_exit($result < 0 && ($error == 1 || $error == 38) ? 1 : 0);
    }
    waitpid $pid, 0;
    $? >> 8 == 1 ? $refused++ : $made++;
}
print "$made made, $refused refused\n";
P
# But for those that end or stop whoever makes them.
numbers=$(tr ';' '\n' <src/main/java/io/jbox/seccomp/CallNumbers.java | awk '$2 ~ /^[0-9]+$/ && NF == 4 && $1 !~ /^(exit|exit_group|pause|vfork|fork|clone|rt_sigreturn|rt_sigsuspend|restart_syscall)$/ { print $2 }' |
    sort -n | tr '\n' ',')
binds() { for folder in usr bin sbin lib lib64; do [ ! -e /$folder ] || echo "$1/$folder $folder none $2 0 0"; done; }
{
    printf 'name: probe\nrootfs: {path: %s}\nmount:\n  entry:\n' "$work/rootfs"
    binds "" bind,ro | sed 's/^/    - /'
} >"$work/probe.yaml"
echo "jbox:          $(bin/jbox run -f "$work/probe.yaml" -- perl /probe "$numbers")"
echo "jbox, no caps: $(bin/jbox run -f "$work/probe.yaml" -s 'cap.keep=none' -- perl /probe "$numbers")"
if command -v lxc-execute >/dev/null; then
    mkdir -p "$work/lxc/probe"
    {
        echo "lxc.include = /usr/share/lxc/config/common.conf"
        printf 'lxc.rootfs.path = dir:%s\nlxc.uts.name = probe\nlxc.net.0.type = empty\n' "$work/rootfs"
        binds "" bind,ro | sed 's/^/lxc.mount.entry = /'
    } >"$work/lxc/probe/config"
    echo "lxc-execute:   $(lxc-execute -P "$work/lxc" -n probe -- perl /probe "$numbers" 2>&1 | tail -1)"
fi
if command -v crun >/dev/null; then
    mkdir "$work/bundle"
    (cd "$work/bundle" && crun spec && sed -i -e 's/"terminal": true/"terminal": false/' \
        -e "s|\"path\": \"rootfs\"|\"path\": \"$work/rootfs\"|" -e "s|\"sh\"|\"perl\", \"/probe\", \"$numbers\"|" config.json)
    for folder in usr bin sbin lib lib64; do
        [ ! -e /$folder ] || sed -i "0,/\"mounts\": \[/s||\"mounts\": [ {\"destination\": \"/$folder\", \"type\": \"bind\", \"source\": \"/$folder\", \"options\": [\"bind\", \"ro\"]},|" "$work/bundle/config.json"
    done
    echo "crun:          $(crun --cgroup-manager=disabled run -b "$work/bundle" bench-probe 2>&1 | tail -1)"
fi
