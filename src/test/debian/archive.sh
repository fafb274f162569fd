#!/bin/sh
# Makes a signed archive of Debian packages in FOLDER, for suite "testing-suite", or "stable": a few of this host's own
# packages, made anew of their installed files without scripts and dependencies, and "greeting", whose script writes a
# file. Each other NAME is a package with a program of that name, which says what it is; but busybox-static has a busybox,
# systemd-sysv has this host's systemd, if there is one, and the scripts of hanging, failing and random do what they are
# called.
# usage: archive.sh FOLDER [VERSION OF GREETING [NAME...]]
set -eu
umask 022
mkdir -p "$1"
archive=$(cd "$1" && pwd)
version=${2-1.0}
if [ $# -lt 2 ]; then set --; else shift 2; fi
pool=$archive/pool/main
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$pool"

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

# Copies programs with the libraries that they need: copy FOLDER FILE...
copy() {
    to=$1
    shift
    for file in "$@" $(ldd "$@" 2>/dev/null | awk '$3 ~ /^\// {print $3} $1 ~ /^\/.*[^:]$/ {print $1}' | sort -u); do
        # All in /usr, where / has links to. What one package has, another must not.
        into=$to/usr$(dirname "${file#/usr}")
        [ "$to" = "$work/base" ] || [ ! -e "$work/base/usr${file#/usr}" ] || continue
        mkdir -p "$into"
        cp -L "$file" "$into/"
    done
}

base=$work/base
mkdir -p "$base/usr/bin" "$base/usr/sbin" "$base/usr/lib64" "$base/usr/lib" "$base/etc" "$base/var/lib/dpkg" "$base/tmp" "$base/root" "$base/proc" "$base/sys" "$base/dev" "$base/run"
for link in bin sbin lib lib64; do ln -s "usr/$link" "$base/$link"; done
# What dpkg needs to run, and a shell with the programs that scripts use.
copy "$base" /usr/bin/dpkg /usr/bin/dpkg-deb /usr/bin/dpkg-split /usr/bin/dpkg-query /usr/bin/dpkg-trigger \
    /usr/bin/dpkg-divert /usr/bin/tar
cp -L "$(command -v busybox)" "$base/usr/bin/busybox"
for name in sh rm cat ls mkdir ln cp mv chmod chown test true sleep id touch diff env; do ln -s busybox "$base/usr/bin/$name"; done
printf '#!/bin/sh\nexit 0\n' >"$base/usr/sbin/ldconfig"
cp "$base/usr/sbin/ldconfig" "$base/usr/sbin/start-stop-daemon"
chmod 755 "$base/usr/sbin/ldconfig" "$base/usr/sbin/start-stop-daemon"
printf 'root:x:0:0:root:/root:/bin/sh\n' >"$base/etc/passwd"
printf 'root:x:0:\n' >"$base/etc/group"
: >"$base/etc/machine-id"
build base 1.0 yes

mkdir -p "$work/greeting/DEBIAN" "$work/greeting/usr/share"
echo "greeting $version" >"$work/greeting/usr/share/greeting"
cat >"$work/greeting/DEBIAN/postinst" <<'SCRIPT'
#!/bin/sh
set -e
id -u >/usr/share/greeting-user
cat /proc/net/dev >/usr/share/greeting-networks
read -r inside outside count </proc/self/uid_map
if [ "$outside" = 0 ]; then echo "$inside $count of the host"; else echo its own; fi >/usr/share/greeting-ids
env >/usr/share/greeting-environment
SCRIPT
chmod 755 "$work/greeting/DEBIAN/postinst"
build greeting "$version" no

for name in "$@"; do
    mkdir -p "$work/$name/usr/bin" "$work/$name/usr/sbin"
    case $name in
        hanging) script='trap "" INT TERM HUP; sleep 4711' ;;
        failing) script='exit 7' ;;
        random) script='cat /proc/sys/kernel/random/uuid >/usr/share/random' ;;
        *) script= ;;
    esac
    if [ -n "$script" ]; then
        mkdir -p "$work/$name/DEBIAN" "$work/$name/usr/share"
        printf '#!/bin/sh\n%s\n' "$script" >"$work/$name/DEBIAN/postinst"
        chmod 755 "$work/$name/DEBIAN/postinst"
    elif [ "$name" = busybox-static ]; then
        # Another one than this host's, and as good.
        mkdir -p "$work/$name/bin"
        cp -L "$(command -v busybox)" "$work/$name/bin/busybox"
        echo "of the archive" >>"$work/$name/bin/busybox"
    elif [ "$name" = systemd-sysv ] && [ -e /sbin/init ] && [ -e /lib/systemd/systemd ]; then
        # The tests' host has no list of its packages' files: these are systemd's own, without other packages' units.
        find /lib/systemd/ /usr/lib/sysusers.d/basic.conf /usr/lib/sysusers.d/systemd* /usr/lib/tmpfiles.d/systemd* \
            /usr/lib/tmpfiles.d/tmp.conf /usr/lib/tmpfiles.d/var.conf /usr/bin/systemd* \
            /usr/bin/journalctl /sbin/init /sbin/halt -not -type d |
            grep -vE '/systemd/(system|user)/' >"$work/files"
        find /lib/systemd/system/ -not -type d | grep -E '/(systemd-|[a-z-]*getty|user[.@-])[^/]*$|[.](target|slice)$' \
            >>"$work/files"
        while read -r file; do
            to=$work/$name/usr${file#/usr}
            # That one asks whoever is at the console.
            case $file in *systemd-firstboot*) continue ;; esac
            [ ! -e "$work/base/usr${file#/usr}" ] || continue
            if [ -L "$file" ]; then
                mkdir -p "$(dirname "$to")"
                cp -P "$file" "$to"
            elif [ -f "$file" ]; then
                mkdir -p "$(dirname "$to")"
                cp "$file" "$to"
            fi
        done <"$work/files"
        # shellcheck disable=SC2046 # a list of files
        copy "$work/$name" $(find /lib/systemd -maxdepth 1 -type f -perm -u+x) /usr/bin/systemctl /usr/bin/mount \
            /usr/bin/umount /usr/sbin/agetty /usr/sbin/sulogin /usr/bin/systemd-tmpfiles /usr/bin/systemd-sysusers
    else
        printf '#!/bin/sh\necho "%s of a test: $*"\n' "$name" >"$work/$name/usr/bin/$name"
        chmod 755 "$work/$name/usr/bin/$name"
    fi
    build "$name" 1.0 no
done

"$(dirname "$0")/index.sh" "$archive"
