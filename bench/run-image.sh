#!/bin/bash
# run-image.sh [RUNS]: one command in an image that is there already, by podman, by jbox (its program, and the JVM) and in a box of
# jbox's over the image, which is compiled; of the same OCI layout, without a network, side by side in one run. Prints medians in ms, and the ratios.
# Needs root, umoci, skopeo, podman and a static busybox; 15 runs by default.
set -eu
if ! command -v podman >/dev/null; then
    echo "run-image.sh: skipped: it needs podman (apt install podman)"
    exit 0
fi
runs=${1:-15}
root=$(cd "$(dirname "$0")/.." && pwd)
PATH=$root/bin:$PATH
work=/var/tmp/run-image.$$
mkdir -m 700 "$work"
name=localhost/jbox-bench:one

box=bench-image-$$
clean_up() {
    jbox destroy "$box" >/dev/null 2>&1 || :
    podman rmi -f "$name" >/dev/null 2>&1 || :
    rm -rf "$work"
    jbox store gc -a >/dev/null
}
trap clean_up EXIT

umoci init --layout "$work/oci"
umoci new --image "$work/oci:one"
umoci unpack --image "$work/oci:one" "$work/made" >/dev/null 2>&1
mkdir -p "$work/made/rootfs/bin"
cp /bin/busybox "$work/made/rootfs/bin/busybox"
ln -s busybox "$work/made/rootfs/bin/true"
umoci repack --image "$work/oci:one" "$work/made" >/dev/null 2>&1
podman pull -q "oci:$work/oci:one" >"$work/id"
podman tag "$(cat "$work/id")" "$name"

theirs() {
    podman --runtime "${RUNTIME:-runc}" run --rm --network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 "$name" /bin/true
}
ours() {
    jbox run --image "oci:$work/oci:one" -- true
}
mkdir -p /var/lib/jbox
mkdir -m 700 "/var/lib/jbox/$box"
printf 'rootfs: {image: "oci:%s"}\nnet: [{type: empty}]\n' "$work/oci:one" >"/var/lib/jbox/$box/config.yaml"
boxed() {
    jbox run "$box" -- true
}
theirs
ours
boxed
jbox compile "$box" >/dev/null
jbox compile --streams pp -- run --image "oci:$work/oci:one" >/dev/null
milliseconds() {
    local start=${EPOCHREALTIME/./}
    "$@" >/dev/null 2>&1
    echo $(((${EPOCHREALTIME/./} - start) / 1000))
}
median() {
    sort -n | sed -n "$(((runs + 1) / 2))p"
}
for ((i = 0; i < runs; i++)); do
    milliseconds theirs >>"$work/theirs.ms"
    milliseconds ours >>"$work/ours.ms"
    JBOX_PROGRAM=off milliseconds ours >>"$work/jvm.ms"
    milliseconds boxed >>"$work/boxed.ms"
done
theirs=$(median <"$work/theirs.ms")
ours=$(median <"$work/ours.ms")
jvm=$(median <"$work/jvm.ms")
boxed=$(median <"$work/boxed.ms")
ratio() {
    awk "BEGIN {printf \"%.2f\", $1 / $theirs}"
}
echo "podman run $theirs ms, jbox run --image $ours ms: $(ratio "$ours") x, by the JVM $jvm ms: $(ratio "$jvm") x, jbox run BOX $boxed ms: $(ratio "$boxed") x"
