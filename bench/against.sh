#!/bin/bash
# against.sh COMMIT [ROUNDS]: whole commands of this checkout next to those of another commit of it, in turn, as medians and as
# the median of the differences of neighbours; fifty boxes in one command, three times. Builds the other commit aside. With
# JBOX_PROGRAM=off by the JVM only. Needs root; package: busybox-static.
set -eu
commit=$1 rounds=${2:-15}
here=$(realpath -- "$(dirname -- "$0")/..")
work=$(mktemp -d /var/tmp/jbox-against.XXXXXX)
chmod 700 "$work"
trap 'rm -rf "$work"' EXIT
git clone -q "$here" "$work/other"
git -C "$work/other" checkout -q "$commit"
for checkout in "$work/other" "$here"; do
    (cd "$checkout" && mvn -B -q package -DskipTests)
done
"$here/rootfs-scripts/busybox.sh" "$work/rootfs" >/dev/null

box() { # NAME NET
    cat >"$work/$1.yaml" <<YAML
name: $1
rootfs: {path: $work/rootfs}
init: {cmd: [/bin/sleep, "31337"]}
net: [$2]
YAML
}
box against '{type: empty}'
box against-veth '{type: veth, link: jboxbr0, flags: up}'
"$here/bin/jbox" net up

fifty=$(seq -f 'fifty%g' 50)
mkdir "$work/boxes"
for name in $fifty; do
    mkdir "$work/boxes/$name"
    sed "/^name:/d; s/{type: empty}/{type: empty, flags: up}/" "$work/against.yaml" >"$work/boxes/$name/config.yaml"
done

timed() { # WHAT COMMAND...: appends milliseconds to the file of that name
    local what=$1 before after
    shift
    before=$(date +%s%N)
    "$@" >/dev/null 2>&1
    after=$(date +%s%N)
    echo $(((after - before) / 1000)) >>"$work/$what"
}
round() { # NAME CHECKOUT
    timed "start.$1" "$2/bin/jbox" start "$work/against.yaml"
    timed "exec.$1" "$2/bin/jbox" exec against -- true
    timed "stop.$1" "$2/bin/jbox" stop -k against
    timed "run.$1" "$2/bin/jbox" run -f "$work/against.yaml" -- true
    timed "veth.$1" "$2/bin/jbox" start "$work/against-veth.yaml"
    "$2/bin/jbox" stop -k against-veth
}
# Class archives are made in the background after the first uses.
for checkout in "$work/other" "$here"; do
    for _ in 1 2 3; do round warm "$checkout"; done
done
sleep 8
for _ in $(seq "$rounds"); do
    round old "$work/other"
    round new "$here"
done
many() { # NAME CHECKOUT
    # shellcheck disable=SC2086 # names are words
    timed "start50.$1" "$2/bin/jbox" start -P "$work/boxes" $fifty
    # shellcheck disable=SC2086 # names are words
    timed "stop50.$1" "$2/bin/jbox" stop -P "$work/boxes" -k $fifty
}
for _ in 1 2 3; do
    many old "$work/other"
    many new "$here"
done
"$here/bin/jbox" net down

median() { sort -n | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }
for what in start exec stop run veth start50 stop50; do
    old=$(median <"$work/$what.old") new=$(median <"$work/$what.new")
    paired=$(paste "$work/$what.old" "$work/$what.new" | awk '{ print $2 - $1 }' | median)
    awk -v w="$what" -v o="$old" -v n="$new" -v p="$paired" \
        'BEGIN { printf "%-8s %6.1f -> %6.1f ms  ratio %.2f  paired %+.1f ms\n", w, o / 1000, n / 1000, n / o, p / 1000 }'
done
