#!/bin/bash
# namespaces.sh [RUNS]: the namespace tools, cold, next to util-linux's in one run: lsns with 2,000 processes, unshare and
# nsenter of a true; and a hello-world main under the same JVM flags, which is what the JVM costs.
# Prints the median of each in ms, its ratio to the original, what is left without the JVM, and peak memory. Needs root;
# 15 runs by default.
set -eu
if [ "${1-}" != --inside ]; then
    # The 2,000 processes are in a PID namespace of their own, and end with it.
    exec unshare -fpm --mount-proc --kill-child "$0" --inside "${1:-15}"
fi
runs=$2
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$root/bench/hello.sh"

for _ in $(seq 200); do
    unshare -n sleep 100000 &
    unshare -uim sleep 100000 &
    for _ in 1 2 3 4 5 6 7 8; do sleep 100000 & done
done
unshare -fpmuin --kill-child sleep 100000 &
sleep 2
target=$(pgrep -P $!)
echo "$(find /proc -maxdepth 1 -name '[0-9]*' | wc -l) processes, $(lsns -n | wc -l) namespaces, $(nproc) processors, $runs runs"

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# Peak memory in KiB.
peak() {
    # shellcheck disable=SC2086 # a command is words
    if [ -x /usr/bin/time ]; then /usr/bin/time -f %M $1 2>&1 >/dev/null | tail -1; else echo 0; fi
}

# compare NAME HELLO OURS ORIGINAL: three commands in turn.
compare() {
    : >"$work/0" && : >"$work/1" && : >"$work/2"
    for run in $(seq 0 "$runs"); do
        n=0
        for command in "$2" "$3" "$4"; do
            start=$EPOCHREALTIME
            # shellcheck disable=SC2086 # commands are words
            $command >/dev/null 2>&1 </dev/null
            end=$EPOCHREALTIME
            # The first run warms up.
            [ "$run" = 0 ] || echo $((${end/./} - ${start/./})) >>"$work/$n"
            n=$((n + 1))
        done
    done
    memory=$(peak "$3") original=$(peak "$4")
    awk -v name="$1" -v hello="$(median "$work/0")" -v ours="$(median "$work/1")" -v theirs="$(median "$work/2")" \
        -v memory="$memory" -v original="$original" 'BEGIN {
        printf "%-28s %7.1f ms  original %6.1f ms  ratio %5.2f  hello %5.1f ms  without it %6.1f ms = %5.2f x original  peak %d and %d KiB\n",
            name, ours / 1000, theirs / 1000, ours / theirs, hello / 1000, (ours - hello) / 1000, (ours - hello) / theirs, memory, original }'
}

for jdk in $(jdks); do
    hello_of "$jdk" "$work" "$root"
    ours="env JAVA_HOME=$jdk $root/bin/jbox"
    compare "lsns, JDK $version" "$hello" "$ours lsns" "lsns"
    compare "lsns --output-all, JDK $version" "$hello" "$ours lsns --output-all" "lsns --output-all"
    compare "unshare, JDK $version" "$hello" "$ours unshare -fpmuin --mount-proc true" "unshare -fpmuin --mount-proc true"
    compare "nsenter, JDK $version" "$hello" "$ours nsenter -t $target -a true" "nsenter -t $target -a true"
done
