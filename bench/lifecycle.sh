#!/bin/bash
# lifecycle.sh [RUNS]: boxes that live on, next to LXC's containers on the same busybox root file system, side by side in
# one run: memory of the monitors, start, stop -k, exec, a listing of fifty, fifty at once, and how soon an end is known.
# Prints medians in ms and ratios. Needs root and LXC; 11 runs by default.
set -eu
# On a machine with systemd /run is a tmpfs; where it is not, give both one, in a mount namespace of this script's own.
if [ "$(stat -f -c %T /run)" != tmpfs ] && [ -z "${BENCH_RUN-}" ]; then
    BENCH_RUN=1 exec unshare --mount --propagation private sh -c 'mount -t tmpfs -o mode=0755 tmpfs /run && exec "$@"' sh "$0" "$@"
fi
runs=${1:-11}
many=50
root=$(cd "$(dirname "$0")/.." && pwd)
PATH=$root/bin:$PATH
work=$(mktemp -d)
names=$(seq -f 'bench%g' $many)
# The archive of classes is made on first use, in the background.
jbox version >/dev/null
for _ in $(seq 60); do
    find /var/cache/jbox -name '*.jsa' -newer "$root/target/dist/lib/jbox.jar" 2>/dev/null | grep -q . && break
    sleep 0.5
done

clean_up() {
    # shellcheck disable=SC2086 # names are words
    jbox stop -k $names 2>/dev/null || :
    for name in $names; do lxc-stop -P "$work/lxc" -k -n "$name" 2>/dev/null || :; done
    rm -rf "$work"
}
trap clean_up EXIT

rootfs=$work/rootfs
"$root/rootfs-scripts/busybox.sh" "$rootfs" >/dev/null
mkdir "$work/boxes"
for name in $names; do
    mkdir -p "$work/boxes/$name" "$work/lxc/$name"
    printf 'rootfs: {path: %s}\ninit: {cmd: /bin/sleep 100000}\nnet: [{type: empty, flags: up}]\n' "$rootfs" \
        >"$work/boxes/$name/config.yaml"
    printf 'lxc.rootfs.path = dir:%s\nlxc.uts.name = %s\nlxc.init.cmd = /bin/sleep 100000\nlxc.net.0.type = empty\nlxc.net.0.flags = up\nlxc.mount.auto = proc:mixed sys:ro\n' \
        "$rootfs" "$name" >"$work/lxc/$name/config"
done

# Milliseconds that a command takes.
ms() {
    local before=$EPOCHREALTIME after
    "$@" >/dev/null 2>"$work/err" || { echo "failed: $*" >&2; cat "$work/err" >&2; exit 1; }
    after=$EPOCHREALTIME
    echo $(((${after/./} - ${before/./}) / 100)) | sed 's/.$/.&/; s/^\./0./'
}
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
percentile99() { sort -n | awk '{v[NR] = $1} END {i = int(NR * 0.99 + 0.999); if (i > NR) i = NR; print v[i]}'; }
row() { awk -v what="$1" -v ours="$2" -v theirs="$3" 'BEGIN {printf "%-34s %9.1f %9.1f %8.2f\n", what, ours, theirs, ours / theirs}'; }

b() { local command=$1; shift; jbox "$command" -P "$work/boxes" "$@"; }
l() { local command=$1; shift; "lxc-$command" -P "$work/lxc" "$@"; }

for _ in $(seq "$runs"); do
    ms b start bench1 >>"$work/b-start"
    ms b exec bench1 -- true >>"$work/b-exec"
    ms b stop -k bench1 >>"$work/b-stop"
    ms l start -n bench1 -d >>"$work/l-start"
    ms l attach -n bench1 -- /bin/true >>"$work/l-exec"
    ms l stop -n bench1 -k >>"$work/l-stop"
    ms jbox version >>"$work/jvm"
done

# shellcheck disable=SC2086 # names are words
for _ in 1 2 3; do
    ms b start $names >>"$work/b-start50"
    ms b ls -f >>"$work/b-ls"
    ms b stop -k $names >>"$work/b-stop50"
    all=0
    for name in $names; do
        one=$(ms l start -n "$name" -d)
        all=$(awk "BEGIN {print $all + $one}")
    done
    echo "$all" >>"$work/l-start50"
    ms l ls -f >>"$work/l-ls"
    all=0
    for name in $names; do
        one=$(ms l stop -n "$name" -k)
        all=$(awk "BEGIN {print $all + $one}")
    done
    echo "$all" >>"$work/l-stop50"
done

printf '%-34s %9s %9s %8s\n' "ms, medians of $runs (of 50: of 3)" jbox LXC ratio
for what in start stop exec; do
    row "$what" "$(median <"$work/b-$what")" "$(median <"$work/l-$what")"
done
row "ls -f with $many" "$(median <"$work/b-ls")" "$(median <"$work/l-ls")"
row "start of $many" "$(median <"$work/b-start50")" "$(median <"$work/l-start50")"
row "stop -k of $many" "$(median <"$work/b-stop50")" "$(median <"$work/l-stop50")"
printf '%-34s %9.1f\n' "of each jbox, the JVM (version)" "$(median <"$work/jvm")"

# Memory of the monitors, kB.
b start bench1
l start -n bench1 -d
pss() { awk -v field="$2:" '$1 == field {print $2}' "/proc/$1/smaps_rollup"; }
ours=$(pgrep -f 'jbox: monitor of bench1$')
theirs=$(pgrep -f '\[lxc monitor\].* bench1$')
row "monitor, PSS in kB" "$(pss "$ours" Pss)" "$(pss "$theirs" Pss)"
row "monitor, RSS in kB" "$(pss "$ours" Rss)" "$(pss "$theirs" Rss)"
l stop -n bench1 -k

# From the kill of init: until the status is recorded, and until "jbox wait" returns.
b stop -k bench1
for _ in $(seq $((runs * 4))); do
    b start bench1
    init=$(b pid bench1)
    exit=/run/jbox/bench1/exit
    before=$EPOCHREALTIME
    kill -9 "$init"
    while [ ! -s "$exit" ]; do :; done
    after=$EPOCHREALTIME
    echo $((${after/./} - ${before/./})) >>"$work/recorded"
    b wait bench1 -s STOPPED
    b start bench1
    init=$(b pid bench1)
    b wait bench1 -s STOPPED &
    waiter=$!
    sleep 0.4
    before=$EPOCHREALTIME
    kill -9 "$init"
    wait "$waiter"
    after=$EPOCHREALTIME
    echo $((${after/./} - ${before/./})) >>"$work/waited"
done
printf '%-34s median %6d µs, p99 %6d µs\n' "kill of init -> status recorded" \
    "$(median <"$work/recorded")" "$(percentile99 <"$work/recorded")"
printf '%-34s median %6d µs, p99 %6d µs\n' "kill of init -> jbox wait returns" \
    "$(median <"$work/waited")" "$(percentile99 <"$work/waited")"
