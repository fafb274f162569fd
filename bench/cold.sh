#!/bin/bash
# cold.sh [RUNS]: whole commands, cold, side by side in one run: "jbox run bbox -- /bin/true" on each JDK found, next to a
# hello-world main under the same JVM flags, unshare, bwrap, crun and lxc-execute, as far as they are installed.
# Prints the median of each in ms, its ratio to the hello-world of its JDK, and peak memory. Needs root; 15 runs by default.
set -eu
runs=${1:-15}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rootfs=$work/rootfs
"$root/rootfs-scripts/busybox.sh" "$rootfs" >/dev/null
. "$root/bench/hello.sh"
cat >"$work/bbox.yaml" <<Y
name: bbox
rootfs: {path: $rootfs}
net: [{type: empty, flags: up}]
Y
names=() commands=() bases=()
add() { names+=("$1") bases+=("$2") commands+=("$3"); }

for jdk in $(jdks); do
    hello_of "$jdk" "$work" "$root"
    add "hello, JDK $version" "" "$hello"
    base=$((${#names[@]} - 1))
    add "jbox run, JDK $version" "$base" "env JAVA_HOME=$jdk $root/bin/jbox run -f $work/bbox.yaml -- /bin/true"
    add "jbox run, JDK $version, no archive" "$base" "env JBOX_ARCHIVE=off JAVA_HOME=$jdk $root/bin/jbox run -f $work/bbox.yaml -- /bin/true"
done
add "unshare" "" "unshare -fpmuin --mount-proc chroot $rootfs /bin/true"
if command -v bwrap >/dev/null; then
    add "bwrap" "" "bwrap --unshare-all --bind $rootfs / --proc /proc --dev /dev /bin/true"
fi
if command -v crun >/dev/null; then
    mkdir "$work/bundle"
    (cd "$work/bundle" && crun spec && sed -i -e 's/"terminal": true/"terminal": false/' -e "s|\"path\": \"rootfs\"|\"path\": \"$rootfs\"|" \
        -e 's|"sh"|"/bin/true"|' config.json)
    if (cd "$work/bundle" && crun --cgroup-manager=disabled run bench-probe >/dev/null 2>&1); then
        add "crun" "" "crun --cgroup-manager=disabled run -b $work/bundle bench-box"
    else
        echo "crun does not start a container on this host: left out"
    fi
fi
if command -v lxc-execute >/dev/null; then
    mkdir -p "$work/lxc/bench"
    printf 'lxc.rootfs.path = dir:%s\nlxc.uts.name = bench\nlxc.net.0.type = empty\nlxc.mount.auto = proc:mixed sys:ro\n' \
        "$rootfs" >"$work/lxc/bench/config"
    if lxc-execute -P "$work/lxc" -n bench -- /bin/true >/dev/null 2>&1; then
        add "lxc-execute" "" "lxc-execute -P $work/lxc -n bench -- /bin/true"
    else
        echo "lxc-execute does not start a container on this host: left out"
    fi
fi

for i in "${!commands[@]}"; do
    : >"$work/times.$i"
    # shellcheck disable=SC2086 # commands are words
    ${commands[$i]} >/dev/null 2>&1 </dev/null || echo "${names[$i]}: exit code $?"
done
for _ in $(seq "$runs"); do
    for i in "${!commands[@]}"; do
        start=${EPOCHREALTIME/./}
        # shellcheck disable=SC2086
        ${commands[$i]} >/dev/null 2>&1 </dev/null || :
        echo $((${EPOCHREALTIME/./} - start)) >>"$work/times.$i"
    done
done
median() { sort -n "$1" | awk '{v[NR]=$1} END {printf "%.1f", (NR % 2 ? v[(NR+1)/2] : (v[NR/2]+v[NR/2+1])/2) / 1000}'; }
echo "median of $runs runs each, in turn; $(nproc) processors, Linux $(uname -r)"
printf '%-36s %9s %9s %10s\n' command ms '/ hello' 'peak MiB'
for i in "${!commands[@]}"; do
    ms=$(median "$work/times.$i")
    ratio=-
    [ -z "${bases[$i]}" ] || ratio=$(awk "BEGIN {printf \"%.2f\", $ms / $(median "$work/times.${bases[$i]}")}")
    peak=-
    if [ -x /usr/bin/time ]; then
        # shellcheck disable=SC2086
        peak=$(/usr/bin/time -f %M ${commands[$i]} 2>&1 >/dev/null </dev/null | tail -1 | awk '{printf "%.1f", $1 / 1024}')
    fi
    printf '%-36s %9s %9s %10s\n' "${names[$i]}" "$ms" "$ratio" "$peak"
done
