#!/bin/bash
# compiled.sh [RUNS [veth]]: what a compiled box takes, next to LXC's tools with a container on the same busybox root file
# system: start against lxc-start, exec against lxc-attach, stop -k against lxc-stop -k, run against lxc-execute, bwrap and
# unshare; and jbox's unshare, nsenter and netns exec against the originals; with the distribution's bin/jbox, which is a program, with the checkout's, which is a script,
# by the program alone, by a file of its own (compile -o), and by the JVM. All that is compared runs once in each round, in another order each time. Prints
# medians in ms, and ratios. Needs root, LXC and bubblewrap; 25 runs by default. With "veth", both have one on the same
# bridge, with an address, in a network of this script's own; otherwise their networks are empty.
set -eu
if ! command -v lxc-attach >/dev/null || ! command -v bwrap >/dev/null; then
    echo "compiled.sh: skipped: it needs LXC and bubblewrap (apt install lxc bubblewrap)"
    exit 0
fi
# On a machine with systemd /run is a tmpfs; where it is not, give both one, in a mount namespace of this script's own.
if [ "$(stat -f -c %T /run)" != tmpfs ] && [ -z "${BENCH_RUN-}" ]; then
    BENCH_RUN=1 exec unshare --mount --propagation private sh -c 'mount -t tmpfs -o mode=0755 tmpfs /run && exec "$@"' sh "$0" "$@"
fi
runs=${1:-25}
net=${2:-empty}
if [ "$net" = veth ] && [ -z "${BENCH_NET-}" ]; then
    # LXC looks for the bridge in /sys, of which a network sees its own interfaces only where it was mounted anew.
    BENCH_NET=1 exec unshare --net --mount --propagation private sh -c 'ip link set lo up
        cgroup=$(mktemp -d) && mount --rbind /sys/fs/cgroup "$cgroup" && mount -t sysfs sysfs /sys &&
        mount --rbind "$cgroup" /sys/fs/cgroup && umount -l "$cgroup" && rmdir "$cgroup" &&
        ip link add bench0 type bridge && ip addr add 10.99.0.1/24 dev bench0 && ip link set bench0 up && exec "$@"' sh "$0" "$@"
fi
root=$(cd "$(dirname "$0")/.." && pwd)
"$root/bin/jbox" version >/dev/null
jbox=$root/target/dist/bin/jbox
script=$root/bin/jbox
programs=/var/cache/jbox/programs$jbox
scripted=/var/cache/jbox/programs$script
work=$(mktemp -d /run/compiled.XXXXXX)
box=bench-compiled
defined=/var/lib/jbox/$box
[ ! -e "$defined" ] || { echo "compiled.sh: there is a box $box"; exit 1; }

clean_up() {
    JBOX_PROGRAM=off "$jbox" stop -k "$box" </dev/null >/dev/null 2>&1 || :
    lxc-stop -P "$work/lxc" -k -n "$box" 2>/dev/null || :
    [ -z "${target-}" ] || kill -9 "$target" 2>/dev/null || :
    "$jbox" netns delete "$box" </dev/null >/dev/null 2>&1 || :
    rm -rf "$work" "$programs"/*."$box".* "$programs"/tried.*."$box" "$scripted"/*."$box".* "$scripted"/tried.*."$box" "${defined:?}"
}
trap clean_up EXIT

"$root/rootfs-scripts/busybox.sh" "$work/rootfs" >/dev/null
mkdir -p "$work/lxc/$box" "$defined"
printf 'name: %s\nrootfs: {path: %s}\ninit: {cmd: /bin/sleep 100000}\n' "$box" "$work/rootfs" >"$defined/config.yaml"
printf 'lxc.rootfs.path = dir:%s\nlxc.uts.name = %s\nlxc.init.cmd = /bin/sleep 100000\nlxc.net.0.type = %s\nlxc.net.0.flags = up\nlxc.mount.auto = proc:mixed sys:ro\n' \
    "$work/rootfs" "$box" "$net" >"$work/lxc/$box/config"
if [ "$net" = veth ]; then
    echo 'net: [{type: veth, link: bench0, flags: up, ipv4: {address: 10.99.0.2/24}}]' >>"$defined/config.yaml"
    printf 'lxc.net.0.link = bench0\nlxc.net.0.ipv4.address = 10.99.0.3/24\n' >>"$work/lxc/$box/config"
else
    echo 'net: [{type: empty, flags: up}]' >>"$defined/config.yaml"
fi
start() { "$jbox" start "$box" </dev/null >/dev/null 2>&1; }
kill_it() { "$jbox" stop -k "$box" </dev/null >/dev/null 2>&1; }
start
for folder in "$programs" "$scripted"; do
    "${folder#/var/cache/jbox/programs}" compile "$box" </dev/null >/dev/null
    for program in start."$box".s exec."$box".pp stop."$box".k $([ "$net" = veth ] || echo run."$box".pp); do
        [ -x "$folder/$program" ] || { echo "compiled.sh: there is no $folder/$program"; exit 1; }
    done
done

# Milliseconds that a command takes, whose streams are no terminals.
ms() {
    local before=$EPOCHREALTIME after
    "$@" </dev/null >"$work/out" 2>"$work/err" || { echo "failed: $*" >&2; cat "$work/err" >&2; exit 1; }
    after=$EPOCHREALTIME
    echo $((${after/./} - ${before/./})) | awk '{printf "%.2f\n", $1 / 1000}'
}

# A file of its own of a box whose NIC is not the bridge's.
if [ "$net" != veth ]; then "$jbox" compile "$box" -o "$work/file" </dev/null; fi

# What takes this way, once.
once() {
    case $1 in
        exec) ms "$jbox" exec "$box" -- true ;;
        exec-script) ms "$script" exec "$box" -- true ;;
        exec-bare) ms "$programs/exec.$box.pp" exec "$box" -- true ;;
        exec-jvm) JBOX_PROGRAM=off ms "$jbox" exec "$box" -- true ;;
        run) ms "$jbox" run "$box" -- true ;;
        run-script) ms "$script" run "$box" -- true ;;
        run-bare) ms "$programs/run.$box.pp" run "$box" -- true ;;
        run-file) ms "$work/file" true ;;
        run-jvm) JBOX_PROGRAM=off ms "$jbox" run "$box" -- true ;;
        run-lxc) ms lxc-execute -P "$work/lxc" -n "$box" -- /bin/true ;;
        unshare) ms "$jbox" unshare -fpmuin --mount-proc true ;;
        unshare-jvm) JBOX_PROGRAM=off ms "$jbox" unshare -fpmuin --mount-proc true ;;
        unshare-own) ms unshare -fpmuin --mount-proc true ;;
        nsenter) ms "$jbox" nsenter -t "$target" -a true ;;
        nsenter-jvm) JBOX_PROGRAM=off ms "$jbox" nsenter -t "$target" -a true ;;
        nsenter-own) ms nsenter -t "$target" -a true ;;
        netns) ms "$jbox" netns exec "$box" true ;;
        netns-jvm) JBOX_PROGRAM=off ms "$jbox" netns exec "$box" true ;;
        netns-own) ms ip netns exec "$box" true ;;
        run-bwrap) ms bwrap --unshare-all --uid 0 --bind "$work/rootfs" / --proc /proc --dev /dev /bin/true ;;
        run-unshare) ms unshare -fpmuin --mount-proc chroot "$work/rootfs" /bin/true ;;
        exec-lxc) ms lxc-attach -P "$work/lxc" -n "$box" -- /bin/true ;;
        start) ms "$jbox" start "$box" && kill_it ;;
        start-script) ms "$script" start "$box" && kill_it ;;
        start-bare) ms "$programs/start.$box.s" start "$box" && kill_it ;;
        start-jvm) JBOX_PROGRAM=off ms "$jbox" start "$box" && kill_it ;;
        start-lxc)
            ms lxc-start -P "$work/lxc" -n "$box" -d
            lxc-stop -P "$work/lxc" -n "$box" -k
            ;;
        stop) start && ms "$jbox" stop -k "$box" ;;
        stop-script) start && ms "$script" stop -k "$box" ;;
        stop-bare) start && ms "$programs/stop.$box.k" stop -k "$box" ;;
        stop-jvm) start && JBOX_PROGRAM=off ms "$jbox" stop -k "$box" ;;
        stop-lxc)
            lxc-start -P "$work/lxc" -n "$box" -d
            ms lxc-stop -P "$work/lxc" -n "$box" -k
            ;;
    esac >>"$work/$1"
}

lxc-start -P "$work/lxc" -n "$box" -d
for _ in $(seq "$runs"); do
    for what in $(printf '%s\n' exec exec-script exec-bare exec-jvm exec-lxc | shuf); do once "$what"; done
done
lxc-stop -P "$work/lxc" -n "$box" -k
"$jbox" stop -k "$box" </dev/null
for _ in $(seq "$runs"); do
    for what in $(printf '%s\n' start start-script start-bare start-jvm start-lxc stop stop-script stop-bare stop-jvm stop-lxc | shuf); do once "$what"; done
done

# A written address is had by one after another, so a run with one is the JVM's.
if [ "$net" != veth ]; then
    for _ in $(seq "$runs"); do
        for what in $(printf '%s\n' run run-script run-bare run-file run-jvm run-lxc run-bwrap run-unshare | shuf); do once "$what"; done
    done
fi

"$jbox" compile --tool unshare -- -fpmuin --mount-proc </dev/null >/dev/null
for _ in $(seq "$runs"); do
    for what in $(printf '%s\n' unshare unshare-jvm unshare-own | shuf); do once "$what"; done
done

unshare -fpmuin --kill-child --mount-proc sleep 100000 &
unshared=$!
until target=$(pgrep -P "$unshared" -x sleep); do sleep 0.1; done
"$jbox" netns add "$box"
"$jbox" compile --tool nsenter -- -t "$target" -a </dev/null >/dev/null
"$jbox" compile --tool netns -- exec "$box" </dev/null >/dev/null
for _ in $(seq "$runs"); do
    for what in $(printf '%s\n' nsenter nsenter-jvm nsenter-own netns netns-jvm netns-own | shuf); do once "$what"; done
done
"$jbox" netns delete "$box"
kill -9 "$target" && target=''
wait "$unshared" 2>/dev/null || :

median() { sort -n "$work/$1" | awk '{v[NR] = $1} END {print (NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2)}'; }
row() {
    awk -v what="$1" -v ours="$(median "$2")" -v theirs="$(median "$3")" \
        'BEGIN {printf "%-36s %8.2f %8.2f %8.2f\n", what, ours, theirs, ours / theirs}'
}
printf 'network %s; medians of %s, in turn; %s processors, load %s, Linux %s\n' "$net" "$runs" "$(nproc)" "$(cut -d ' ' -f 1 /proc/loadavg)" "$(uname -r)"
printf '%-36s %8s %8s %8s\n' ms jbox peer ratio
row "start" start start-lxc
row "  with the script" start-script start-lxc
row "  the program alone" start-bare start-lxc
row "  by the JVM" start-jvm start-lxc
row "exec -- true" exec exec-lxc
row "  with the script" exec-script exec-lxc
row "  the program alone" exec-bare exec-lxc
row "  by the JVM" exec-jvm exec-lxc
row "stop -k" stop stop-lxc
row "  with the script" stop-script stop-lxc
row "  the program alone" stop-bare stop-lxc
row "  by the JVM" stop-jvm stop-lxc
if [ "$net" != veth ]; then
    row "run -- true, next to lxc-execute" run run-lxc
    row "  with the script" run-script run-lxc
    row "  the program alone" run-bare run-lxc
    row "  by the JVM" run-jvm run-lxc
    row "run -- true, next to bwrap" run run-bwrap
    row "  with the script" run-script run-bwrap
    row "  the program alone" run-bare run-bwrap
    row "  a file of its own (compile -o)" run-file run-bwrap
    row "run -- true, next to unshare" run run-unshare
fi
row "unshare -fpmuin --mount-proc true" unshare unshare-own
row "  by the JVM" unshare-jvm unshare-own
row "nsenter -t PID -a true" nsenter nsenter-own
row "  by the JVM" nsenter-jvm nsenter-own
row "netns exec NAME true" netns netns-own
row "  by the JVM" netns-jvm netns-own
