#!/bin/bash
# warm.sh: the launch inside a warm JVM (JMH, median of its samples), next to bwrap and unshare as whole processes
# (hyperfine -N, median of 200 runs), in one run. Needs root; packages: hyperfine bubblewrap util-linux.
set -eu
if ! command -v hyperfine >/dev/null || ! command -v bwrap >/dev/null; then
    echo "warm.sh: skipped: it needs hyperfine and bwrap (apt install hyperfine bubblewrap)"
    exit 0
fi
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export BENCH_ROOTFS=$work/rootfs
rootfs-scripts/busybox.sh "$BENCH_ROOTFS" >/dev/null
mvn -B -q -Pbench -Dspotless.check.skip=true test-compile dependency:build-classpath -Dmdep.outputFile="$work/classpath" -Dmdep.includeScope=test

peer() { # NAME COMMAND…
    local name=$1
    shift
    hyperfine -N -w 20 -r 200 --export-json "$work/$name.json" "$*" >/dev/null 2>&1
    sed -n 's/.*"median": \([0-9.e-]*\).*/\1/p' "$work/$name.json" | head -1 | awk '{printf "%.2f", $1 * 1000}'
}
before_bwrap=$(peer bwrap bwrap --unshare-all --bind "$BENCH_ROOTFS" / --proc /proc --dev /dev /bin/true)
before_unshare=$(peer unshare unshare -fpmuin --mount-proc chroot "$BENCH_ROOTFS" /bin/true)
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
"$java" -Djffi.boot.library.path="$PWD/target/dist/native/jni/$(uname -m)-Linux" \
    -cp "target/test-classes:target/classes:$(cat "$work/classpath")" org.openjdk.jmh.Main LaunchBenchmark >"$work/jmh" 2>&1
after_bwrap=$(peer bwrap bwrap --unshare-all --bind "$BENCH_ROOTFS" / --proc /proc --dev /dev /bin/true)
after_unshare=$(peer unshare unshare -fpmuin --mount-proc chroot "$BENCH_ROOTFS" /bin/true)

awk -v b1="$before_bwrap" -v b2="$after_bwrap" -v u1="$before_unshare" -v u2="$after_unshare" '
    /launch(Init|Command):p0\.50/ { name = $1; sub(/:p0.50.*/, "", name); sub(/.*launch/, "", name); v[name] = $(NF - 1) }
    END {
        b = (b1 + b2) / 2; u = (u1 + u2) / 2
        printf "bwrap --unshare-all        %.2f ms (before %.2f, after %.2f)\n", b, b1, b2
        printf "unshare -fpmuin            %.2f ms (before %.2f, after %.2f)\n", u, u1, u2
        for (name in v) printf "jbox, warm, %-8s       %.2f ms   %.2f x bwrap   %.2f x unshare\n", name, v[name], v[name] / b, v[name] / u
    }' "$work/jmh"
grep -q 'p0\.50' "$work/jmh" || tail -30 "$work/jmh"
