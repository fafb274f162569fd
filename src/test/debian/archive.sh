#!/bin/sh
# Makes a signed archive of Debian packages in FOLDER, for suite "testing-suite": a few of this host's own packages, made
# anew of their installed files without scripts and dependencies, and "greeting", whose script writes a file.
# usage: archive.sh FOLDER [VERSION OF GREETING]
set -eu
umask 022
mkdir -p "$1"
archive=$(cd "$1" && pwd)
version=${2-1.0}
pool=$archive/pool/main
index=$archive/dists/testing-suite/main/binary-$(dpkg --print-architecture)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$pool" "$index"

# build NAME VERSION ESSENTIAL: of the files in $work/NAME
build() {
    mkdir -p "$work/$1/DEBIAN"
    {
        printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: nobody <nobody@example>\n' "$1" "$2"
        printf 'Priority: required\nSection: misc\nDescription: for a test\n'
        [ "$3" = no ] || printf 'Essential: yes\n'
    } >"$work/$1/DEBIAN/control"
    SOURCE_DATE_EPOCH=1700000000 dpkg-deb -Znone --root-owner-group -b "$work/$1" "$pool/$1_${2}_all.deb" >/dev/null
}

# What dpkg needs to run, and a shell with the programs that scripts use.
libraries=$(ldd /usr/bin/dpkg /usr/bin/dpkg-deb /usr/bin/tar /bin/sh /usr/bin/rm | awk '$3 ~ /^\// {print $3} $1 ~ /^\/.*[^:]$/ {print $1}' | sort -u)
base=$work/base
mkdir -p "$base/usr/bin" "$base/usr/sbin" "$base/usr/lib64" "$base/etc" "$base/var/lib/dpkg" "$base/tmp" "$base/root" "$base/proc" "$base/sys" "$base/dev"
for link in bin sbin lib lib64; do ln -s "usr/$link" "$base/$link"; done
mkdir -p "$base/usr/lib"
for file in $libraries; do
    mkdir -p "$base/usr$(dirname "${file#/usr}")"
    cp -L "$file" "$base/usr${file#/usr}"
done
cp -L "$(command -v busybox)" "$base/usr/bin/busybox"
for name in sh rm cat ls mkdir ln cp mv chmod chown test true sleep id touch diff; do ln -s busybox "$base/usr/bin/$name"; done
for name in dpkg dpkg-deb dpkg-split dpkg-query dpkg-trigger dpkg-divert tar; do cp -L "/usr/bin/$name" "$base/usr/bin/$name"; done
printf '#!/bin/sh\nexit 0\n' >"$base/usr/sbin/ldconfig"
cp "$base/usr/sbin/ldconfig" "$base/usr/sbin/start-stop-daemon"
chmod 755 "$base/usr/sbin/ldconfig" "$base/usr/sbin/start-stop-daemon"
printf 'root:x:0:0:root:/root:/bin/sh\n' >"$base/etc/passwd"
printf 'root:x:0:\n' >"$base/etc/group"
build base 1.0 yes

mkdir -p "$work/greeting/DEBIAN" "$work/greeting/usr/share"
echo "greeting $version" >"$work/greeting/usr/share/greeting"
cat >"$work/greeting/DEBIAN/postinst" <<'SCRIPT'
#!/bin/sh
set -e
id -u >/usr/share/greeting-user
cat /proc/net/dev >/usr/share/greeting-networks
SCRIPT
chmod 755 "$work/greeting/DEBIAN/postinst"
build greeting "$version" no

(
    cd "$archive"
    for file in pool/main/*.deb; do
        dpkg-deb -f "$file"
        printf 'Filename: %s\nSize: %s\nSHA256: %s\n\n' "$file" "$(stat -c %s "$file")" "$(sha256sum "$file" | cut -d' ' -f1)"
    done >"$index/Packages"
    cd dists/testing-suite
    list=main/binary-$(dpkg --print-architecture)/Packages
    {
        printf 'Origin: jbox\nSuite: testing-suite\nCodename: testing-suite\nComponents: main\n'
        printf 'Architectures: %s\nDate: Fri, 01 Nov 2024 10:00:00 UTC\nSHA256:\n' "$(dpkg --print-architecture)"
        printf ' %s %s %s\n' "$(sha256sum "$list" | cut -d' ' -f1)" "$(stat -c %s "$list")" "$list"
    } >Release
    rm -f InRelease
    export GNUPGHOME="$archive/keys"
    if [ ! -d "$GNUPGHOME" ]; then
        mkdir -m 700 "$GNUPGHOME"
        gpg -q --batch --passphrase '' --quick-generate-key archive@example ed25519 sign never 2>/dev/null
        gpg -q --export archive@example >"$archive/archive.gpg"
    fi
    gpg -q --batch --clearsign -o InRelease Release
    gpgconf --kill all
)
