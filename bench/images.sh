#!/bin/bash
# images.sh [RUNS]: unpacking an image of this host's /usr/bin and /usr/share/doc by jbox, next to umoci, from the same OCI
# layout on the same file system, side by side in one run. jbox compares digests and makes the tree's hash as well. Prints
# medians in ms, and the ratio. Needs root, umoci and skopeo; 5 runs by default.
set -eu
runs=${1:-5}
root=$(cd "$(dirname "$0")/.." && pwd)
PATH=$root/bin:$PATH
work=$(mktemp -d /var/tmp/images.XXXXXX)
trap 'rm -rf "$work"' EXIT

umoci init --layout "$work/oci"
umoci new --image "$work/oci:one"
umoci unpack --image "$work/oci:one" "$work/made" >/dev/null 2>&1
mkdir -p "$work/made/rootfs/usr/share"
cp -a /usr/bin "$work/made/rootfs/usr/"
cp -a /usr/share/doc "$work/made/rootfs/usr/share/"
umoci repack --image "$work/oci:one" "$work/made" >/dev/null 2>&1
echo "$(du -sm "$work/made/rootfs" | cut -f1) MB, $(find "$work/made/rootfs" | wc -l) files"

milliseconds() {
    local start=${EPOCHREALTIME/./}
    "$@" >/dev/null 2>&1
    echo $(((${EPOCHREALTIME/./} - start) / 1000))
}
median() {
    sort -n | sed -n "$(((runs + 1) / 2))p"
}
for ((i = 0; i < runs; i++)); do
    milliseconds umoci unpack --image "$work/oci:one" "$work/umoci" >>"$work/umoci.ms"
    rm -rf "$work/umoci"
    milliseconds jbox store --store "$work/store" pull "oci:$work/oci:one" >>"$work/jbox.ms"
    rm -rf "$work/store"
done
theirs=$(median <"$work/umoci.ms")
ours=$(median <"$work/jbox.ms")
echo "umoci unpack $theirs ms, jbox store pull $ours ms: $(awk "BEGIN {printf \"%.2f\", $ours / $theirs}") x"
