#!/bin/bash
# streams.sh [RUNS [MIB]]: bytes in and out of a command in a box, next to lxc-attach in a container on the same busybox root
# file system, side by side in one run: standard input from a pipe and from a file, output to a pipe. LXC hands the caller's
# own descriptors in; jbox carries the bytes. Prints medians in ms, and ratios. Needs root and LXC; 5 runs of 256 MiB by
# default.
set -eu
# On a machine with systemd /run is a tmpfs; where it is not, give both one, in a mount namespace of this script's own.
if [ "$(stat -f -c %T /run)" != tmpfs ] && [ -z "${BENCH_RUN-}" ]; then
    BENCH_RUN=1 exec unshare --mount --propagation private sh -c 'mount -t tmpfs -o mode=0755 tmpfs /run && exec "$@"' sh "$0" "$@"
fi
runs=${1:-5}
size=$((${2:-256} * 1048576))
root=$(cd "$(dirname "$0")/.." && pwd)
PATH=$root/bin:$PATH
work=$(mktemp -d /run/streams.XXXXXX)

clean_up() {
    jbox stop -P "$work/boxes" -k bench1 2>/dev/null || :
    lxc-stop -P "$work/lxc" -k -n bench1 2>/dev/null || :
    rm -rf "$work"
}
trap clean_up EXIT

"$root/rootfs-scripts/busybox.sh" "$work/rootfs" >/dev/null
mkdir -p "$work/boxes/bench1" "$work/lxc/bench1"
printf 'rootfs: {path: %s}\ninit: {cmd: /bin/sleep 100000}\n' "$work/rootfs" >"$work/boxes/bench1/config.yaml"
printf 'lxc.rootfs.path = dir:%s\nlxc.uts.name = bench1\nlxc.init.cmd = /bin/sleep 100000\nlxc.net.0.type = empty\n' \
    "$work/rootfs" >"$work/lxc/bench1/config"
head -c "$size" /dev/zero >"$work/input"
jbox start -P "$work/boxes" bench1
lxc-start -P "$work/lxc" -n bench1 -d

b() { jbox exec -P "$work/boxes" bench1 -- "$@"; }
l() { lxc-attach -P "$work/lxc" -n bench1 -- "$@"; }

# Milliseconds that a shell function takes.
ms() {
    local before=$EPOCHREALTIME after
    "$@" >/dev/null
    after=$EPOCHREALTIME
    echo $(((${after/./} - ${before/./}) / 1000))
}
nothing() { "$1" /bin/true; }
from_pipe() { head -c "$size" /dev/zero | "$1" /usr/bin/wc -c; }
from_file() { "$1" /usr/bin/wc -c <"$work/input"; }
to_pipe() { "$1" /usr/bin/head -c "$size" /dev/zero | cat; }

for _ in $(seq "$runs"); do
    for what in nothing from_pipe from_file to_pipe; do
        ms "$what" b >>"$work/b-$what"
        ms "$what" l >>"$work/l-$what"
    done
done
median() { sort -n "$1" | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
printf '%-24s %9s %9s %8s\n' "$((size / 1048576)) MiB, ms" jbox lxc ratio
for what in nothing from_pipe from_file to_pipe; do
    awk -v what="${what//_/ }" -v ours="$(median "$work/b-$what")" -v theirs="$(median "$work/l-$what")" \
        'BEGIN {printf "%-24s %9.0f %9.0f %8.2f\n", what, ours, theirs, ours / (theirs > 0 ? theirs : 1)}'
done
