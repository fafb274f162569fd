#!/bin/sh
# Writes the lists of the archive in FOLDER anew, and signs them.
# usage: index.sh FOLDER
set -eu
umask 022
archive=$(cd "$1" && pwd)
index=$archive/dists/testing-suite/main/binary-$(dpkg --print-architecture)
mkdir -p "$index"
cd "$archive"
for file in pool/main/*.deb; do
    dpkg-deb -f "$file"
    printf 'Filename: %s\nSize: %s\nSHA256: %s\n\n' "$file" "$(stat -c %s "$file")" "$(sha256sum "$file" | cut -d' ' -f1)"
done >"$index/Packages"
cd dists/testing-suite
list=main/binary-$(dpkg --print-architecture)/Packages
{
    printf 'Origin: jbox\nSuite: stable\nCodename: testing-suite\nComponents: main\n'
    printf 'Architectures: %s\nDate: Fri, 01 Nov 2024 10:00:00 UTC\nSHA256:\n' "$(dpkg --print-architecture)"
    printf ' %s %s %s\n' "$(sha256sum "$list" | cut -d' ' -f1)" "$(stat -c %s "$list")" "$list"
} >Release
rm -f InRelease
ln -sfn testing-suite ../stable
export GNUPGHOME="$archive/keys"
if [ ! -d "$GNUPGHOME" ]; then
    mkdir -m 700 "$GNUPGHOME"
    gpg -q --batch --passphrase '' --quick-generate-key archive@example ed25519 sign never 2>/dev/null
    gpg -q --export archive@example >"$archive/archive.gpg"
fi
gpg -q --batch --clearsign -o InRelease Release
gpgconf --kill all
