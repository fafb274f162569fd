#!/bin/bash
# network.sh [RUNS]: boxes with a veth and an address, next to LXC's containers on the same bridge, side by side in one run,
# in network, mount and PID namespaces of this script's own: what a veth adds to a warm launch and the kernel's share of it,
# fifty at once, and a TCP copy from box to host. Needs root, LXC and strace; 5 runs by default.
set -eu
if [ -z "${BENCH_RUN-}" ]; then
    # shellcheck disable=SC2016 # expanded in there
    BENCH_RUN=1 exec unshare --mount --net --pid --fork --mount-proc --kill-child --propagation private sh -c '
        mount -t tmpfs -o mode=0755 tmpfs /run && mkdir /run/cgroup && mount --rbind /sys/fs/cgroup /run/cgroup
        mkdir -p /var/lib/jbox && mount -t tmpfs -o mode=0755 tmpfs /var/lib/jbox && mount -t sysfs sysfs /sys && mount --rbind /run/cgroup /sys/fs/cgroup && ip link set lo up
        "$@"
        exit $?' sh "$0" "$@"
fi
runs=${1:-5}
many=50
root=$(cd "$(dirname "$0")/.." && pwd)
PATH=$root/bin:$PATH
work=$(mktemp -d)
names=$(seq -f 'bench%g' $many)
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

ip link add brbench type bridge
ip addr add 10.7.0.1/24 dev brbench
ip link set brbench up
rootfs=$work/rootfs
"$root/rootfs-scripts/busybox.sh" "$rootfs" >/dev/null
number=10
for name in $names; do
    number=$((number + 1))
    mkdir -p "$work/boxes/$name" "$work/lxc/$name"
    printf 'rootfs: {path: %s}\ninit: {cmd: /bin/sleep 100000}\nnet: [{type: veth, link: brbench, flags: up, ipv4: {address: 10.7.0.%s/24}}]\n' \
        "$rootfs" "$number" >"$work/boxes/$name/config.yaml"
    printf 'lxc.rootfs.path = dir:%s\nlxc.uts.name = %s\nlxc.init.cmd = /bin/sleep 100000\nlxc.net.0.type = veth\nlxc.net.0.link = brbench\nlxc.net.0.flags = up\nlxc.net.0.ipv4.address = 10.7.0.%s/24\nlxc.mount.auto = proc:mixed sys:ro\n' \
        "$rootfs" "$name" "$number" >"$work/lxc/$name/config"
done

ms() {
    local before=$EPOCHREALTIME after
    "$@" >/dev/null 2>"$work/err" || { echo "failed: $*" >&2; cat "$work/err" >&2; exit 1; }
    after=$EPOCHREALTIME
    echo $(((${after/./} - ${before/./}) / 100)) | sed 's/.$/.&/; s/^\./0./'
}
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
row() { awk -v what="$1" -v ours="$2" -v theirs="$3" 'BEGIN {printf "%-44s %9.1f %9.1f %8.2f\n", what, ours, theirs, ours / theirs}'; }
b() { local command=$1; shift; jbox "$command" -P "$work/boxes" "$@"; }
l() { local command=$1; shift; "lxc-$command" -P "$work/lxc" "$@"; }
each_lxc() { for name in $names; do l start -n "$name" -d; done; }
eight_lxc() { echo "$names" | xargs -P 8 -n 1 lxc-start -P "$work/lxc" -d -n; }
each_lxc_stop() { for name in $names; do l stop -n "$name" -k; done; }
eight_lxc_stop() { echo "$names" | xargs -P 8 -n 1 lxc-stop -P "$work/lxc" -k -n; }
# The kernel takes dead networks down later: nobody's time is counted while it does.
settle() { while ip -o link show type veth | grep -q .; do sleep 0.2; done; }

# shellcheck disable=SC2086 # names are words
for _ in $(seq "$runs"); do
    ms b start $names >>"$work/b-start50"
    for name in $names; do b ls -F IPV4 "^$name\$" | grep -q 10.7.0. || { echo "$name has no address" >&2; exit 1; }; break; done
    ms b stop -k $names >>"$work/b-stop50"
    settle
    ms each_lxc >>"$work/l-start50"
    ms each_lxc_stop >>"$work/l-stop50"
    settle
    ms eight_lxc >>"$work/e-start50"
    ms eight_lxc_stop >>"$work/e-stop50"
    settle
done
printf '%-44s %9s %9s %8s\n' "ms, medians of $runs" jbox LXC ratio
row "start of $many, LXC one by one" "$(median <"$work/b-start50")" "$(median <"$work/l-start50")"
row "start of $many, LXC eight at a time" "$(median <"$work/b-start50")" "$(median <"$work/e-start50")"
row "stop -k of $many, LXC one by one" "$(median <"$work/b-stop50")" "$(median <"$work/l-stop50")"
row "stop -k of $many, LXC eight at a time" "$(median <"$work/b-stop50")" "$(median <"$work/e-stop50")"

# A TCP copy of 512 MiB from the box to the host.
mkfifo "$work/fifo"
copy() { # PREFIX…
    # With an input that never ends: nc ends the connection with it.
    busybox nc -l -p 5001 <>"$work/fifo" >/dev/null &
    local server=$!
    sleep 0.2
    ms "$@" /bin/sh -c 'dd if=/dev/zero bs=64k count=8192 2>/dev/null | nc 10.7.0.1 5001'
    wait "$server"
}
b start bench1
l start -n bench2 -d
for _ in $(seq "$runs"); do
    copy jbox exec -P "$work/boxes" bench1 -- >>"$work/b-copy"
    copy lxc-attach -P "$work/lxc" -n bench2 -- >>"$work/l-copy"
done
row "TCP, 512 MiB from box to host" "$(median <"$work/b-copy")" "$(median <"$work/l-copy")"
b stop -k bench1
l stop -n bench2 -k

# What a veth with address and gateway adds to a warm launch.
cd "$root"
mvn -B -q -o -Pbench -Dspotless.check.skip=true test-compile dependency:build-classpath -Dmdep.outputFile="$work/classpath" \
    -Dmdep.includeScope=test
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
export BENCH_ROOTFS=$rootfs BENCH_BRIDGE=brbench
set -- "$java" -Djffi.boot.library.path="$PWD/target/dist/native/jni/$(uname -m)-Linux" \
    -cp "target/test-classes:target/classes:$(cat "$work/classpath")" org.openjdk.jmh.Main
"$@" VethBenchmark >"$work/jmh" 2>&1
strace -f -c -e trace=sendto,clone3 -o "$work/strace" "$@" VethBenchmark -p net=veth -f 0 -wi 1 -i 1 >/dev/null 2>&1 || :
awk '
    /:p0\.50/ { v[$2] = $(NF - 1) }
    $NF == "sendto" { kernel = $2 * 1000 }
    $NF == "clone3" { launches = $4 }
    END {
        printf "warm launch %.2f ms, with veth %.2f ms: the veth adds %.2f ms", v["empty"], v["veth"], v["veth"] - v["empty"]
        if (launches) printf ", of that the kernel in rtnetlink %.2f ms (strace -c)", kernel / launches
        printf "\n"
    }' "$work/jmh" "$work/strace"
grep -q 'p0\.50' "$work/jmh" || tail -30 "$work/jmh"
