#!/bin/sh
# tree.sh DIR TREE: makes a root file system in DIR that is a copy of the folder TREE, whole or not at all.
set -eu
umask 022
export LC_ALL=C

fail() {
    printf 'tree.sh: %s\n' "$1" >&2
    exit 1
}

if [ $# -ne 2 ] || [ -z "$1" ] || [ -z "$2" ]; then
    printf 'usage: tree.sh DIR TREE\n' >&2
    exit 2
fi
dir=${1%/}
if [ ! -d "$2" ] || [ -h "$2" ]; then fail "$2 is not a folder"; fi
if [ -e "$dir" ] || [ -h "$dir" ]; then fail "$dir is there already"; fi
parent=$(dirname -- "$dir")
made=
if [ ! -d "$parent" ]; then
    # Remember the topmost folder that is new: a failure takes it away again.
    made=$parent
    while [ ! -d "$(dirname -- "$made")" ]; do made=$(dirname -- "$made"); done
    (umask 077 && mkdir -p -- "$parent") || fail "$parent cannot be made"
fi
# Who copies has the folder aside locked: one that nobody has locked is a dead process's.
exec 8<"$parent"
flock 8
for left in "$dir".new.*; do
    if [ -d "$left" ] && [ ! -h "$left" ] && flock -n "$left" true; then rm -rf -- "$left"; fi
done
aside=$(mktemp -d -- "$dir.new.XXXXXX") || fail "$parent cannot be written to"
exec 9<"$aside"
flock 9
exec 8<&-
clean_up() {
    rm -rf -- "$aside"
    [ -z "$made" ] || [ -d "$dir" ] || find "$made" -depth -type d -empty -exec rmdir -- {} \; 2>/dev/null || :
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
cp -a --reflink=auto -- "$2/." "$aside/" || fail "$2 cannot be copied"
mv -T -- "$aside" "$dir"
