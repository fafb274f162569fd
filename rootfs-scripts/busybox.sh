#!/bin/sh
# busybox.sh DIR: makes a busybox root file system in DIR.
#
# The busybox is the host's own if it is static, else that of Debian's package busybox-static, which is downloaded and
# unpacked aside, not installed. DIR is made aside and renamed, so that it is there whole or not at all; what is in an
# older DIR is kept but for the files made here. The same busybox gives the same bytes: the last line printed is the
# tree's SHA-256.
#
#   BUSYBOX   the busybox to use, whatever the host has
set -eu
umask 022
export LC_ALL=C

fail() {
    printf 'busybox.sh: %s\n' "$1" >&2
    [ -z "${2-}" ] || printf '  hint: %s\n' "$2" >&2
    exit 1
}

if [ $# -ne 1 ] || [ -z "$1" ]; then
    printf 'usage: busybox.sh DIR\n' >&2
    exit 2
fi
dir=${1%/}
[ -n "$dir" ] || fail "/ is not a folder for a root file system"
parent=$(dirname -- "$dir")
[ ! -h "$dir" ] || fail "$dir is a symbolic link"
[ ! -e "$dir" ] || [ -d "$dir" ] || fail "$dir is not a folder"
made=
if [ ! -d "$parent" ]; then
    # Remember the topmost folder that is new: a failure takes it away again.
    made=$parent
    while [ ! -d "$(dirname -- "$made")" ]; do made=$(dirname -- "$made"); done
    (umask 077 && mkdir -p -- "$parent") || fail "$parent cannot be made"
fi
# Who makes a tree has the folder aside locked: one that nobody has locked is a dead process's. A tree that it had moved
# away and not yet replaced comes back.
exec 8<"$parent"
flock 8
for left in "$dir".new.* "$dir".old.*; do
    if [ -d "$left" ] && [ ! -h "$left" ] && flock -n "$left" true; then
        if [ ! -e "$dir" ] && [ -d "$left/rootfs" ] && [ "${left#"$dir".old.}" != "$left" ]; then
            mv -T -- "$left/rootfs" "$dir"
        fi
        rm -rf -- "$left"
    fi
done
aside=$(mktemp -d -- "$dir.new.XXXXXX") || fail "$parent cannot be written to"
exec 9<"$aside"
flock 9
exec 8<&-
# In there: whoever finds what a killed one has left finds all of it.
work=$aside/.jbox-work
mkdir -- "$work" || fail "$work cannot be made"
clean_up() {
    rm -rf -- "$aside" "$work"
    [ -z "$made" ] || [ -d "$dir" ] || find "$made" -depth -type d -empty -exec rmdir -- {} \; 2>/dev/null || :
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# A static ELF program has no interpreter; busybox itself can tell, in its own listing of the file's text.
is_static() {
    [ -x "$1" ] && "$1" true 2>/dev/null && ! LC_ALL=C grep -qa -e '/ld-linux' -e '/ld-musl' -e '/lib64/ld' "$1"
}

busybox=
for candidate in "${BUSYBOX-}" "$(command -v busybox || :)" /bin/busybox /usr/bin/busybox; do
    if [ -n "$candidate" ] && is_static "$candidate"; then
        busybox=$candidate
        break
    fi
done
if [ -z "$busybox" ]; then
    if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
        fail "this host has no static busybox" "put one in BUSYBOX=, or install one"
    fi
    printf 'busybox.sh: downloading busybox-static\n' >&2
    # First by the machine's own lists of packages; where it has none, or old ones, by new lists that are thrown away
    # again. apt verifies both.
    (
        cd "$work"
        set -- -qq -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=2
        ! apt-get "$@" download busybox-static >apt.log 2>&1 || exit 0
        mkdir -p lists/partial cache/archives/partial
        set -- "$@" -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o Debug::NoLocking=true
        apt-get "$@" update >apt.log 2>&1 && apt-get "$@" download busybox-static >>apt.log 2>&1
    ) || {
        cat "$work/apt.log" >&2
        fail "busybox-static cannot be downloaded" "apt install busybox-static, or put a static busybox in BUSYBOX="
    }
    for package in "$work"/busybox-static_*.deb; do
        dpkg-deb -x "$package" "$work/package" || fail "$package cannot be unpacked"
    done
    for candidate in "$work"/package/bin/busybox "$work"/package/usr/bin/busybox; do
        if is_static "$candidate"; then busybox=$candidate; fi
    done
    [ -n "$busybox" ] || fail "busybox-static has no busybox that runs here"
fi

# What the box's owner has put there since stays.
if [ -d "$dir" ]; then
    cp -a -- "$dir/." "$aside/" || fail "$dir cannot be copied"
fi
chmod 0755 "$aside"

cd "$aside"
# A box may have put links there since: nothing here follows one.
for path in bin dev etc etc/init.d etc/network etc/udhcpc home mnt opt proc root run sbin srv sys tmp usr usr/bin \
    usr/sbin usr/lib usr/share usr/share/udhcpc var var/lib var/log var/spool var/tmp; do
    [ ! -h "$path" ] || fail "$dir/$path is a symbolic link" "this script makes busybox root file systems only"
done
for folder in bin dev etc/init.d etc/network etc/udhcpc home mnt opt proc root run sbin srv sys tmp usr/bin usr/sbin \
    usr/lib usr/share/udhcpc var/lib var/log var/spool var/tmp; do
    mkdir -p -- "$folder"
done
chmod 0700 root
chmod 1777 tmp var/tmp
[ -e var/run ] || [ -h var/run ] || ln -s ../run var/run

# Replaces the file rather than writing into it: what is there may be a link to anywhere.
put() {
    rm -f -- "$1"
    cat >"$1"
    chmod "$2" "$1"
}

put bin/busybox 0755 <"$busybox"
"$busybox" --list-full >"$work/applets"
while read -r applet; do
    case $applet in
        bin/busybox | */*/*/* | /* | *..*) continue ;;
        */*) ;;
        *) continue ;;
    esac
    [ -d "${applet%/*}" ] || mkdir -p -- "${applet%/*}"
    if [ -e "$applet" ] && [ ! -h "$applet" ]; then continue; fi
    case $applet in
        usr/*/*) target=../../bin/busybox ;;
        bin/*) target=busybox ;;
        *) target=../bin/busybox ;;
    esac
    ln -sfn "$target" "$applet"
done <"$work/applets"
[ -h sbin/init ] || [ -e sbin/init ] || ln -s ../bin/busybox sbin/init

put etc/inittab 0644 <<'EOF'
# The console is a shell at once: jbox start -F lands in it.
::sysinit:/etc/init.d/rcS
::respawn:-/bin/sh
# Not on the console: init would reset that while the shell reads from it.
null::respawn:/etc/init.d/getty tty1
::ctrlaltdel:/sbin/reboot
EOF

put etc/init.d/rcS 0755 <<'EOF'
#!/bin/sh
# Each of these is there already where the launcher did it, and may be refused where it is not.
[ -s /etc/hostname ] && [ "$(hostname)" = "(none)" ] && hostname -F /etc/hostname
[ -e /proc/self ] || mount -t proc proc /proc 2>/dev/null
[ -e /sys/class ] || mount -t sysfs sysfs /sys 2>/dev/null
if [ -s /etc/fstab ]; then mount -a; fi
mkdir -p /run/lock 2>/dev/null
# Where nothing can be written there is nothing to log to.
if (: >>/var/log/messages) 2>/dev/null; then syslogd -S; fi
# Without CAP_NET_ADMIN the launcher has set the network up, and nothing here could.
ip link set lo up 2>/dev/null || exit 0
for path in /sys/class/net/*; do
    interface=${path##*/}
    # Only what is a wire, is up, and has no address yet.
    [ -e "$path/address" ] && [ "$interface" != lo ] || continue
    [ "$(cat "$path/type")" = 1 ] && [ $(($(cat "$path/flags") & 1)) = 1 ] || continue
    ip -4 addr show dev "$interface" | grep -q 'inet ' && continue
    udhcpc -b -S -i "$interface" -x "hostname:$(hostname)" -p "/run/udhcpc.$interface.pid"
done
exit 0
EOF

put etc/init.d/getty 0755 <<'EOF'
#!/bin/sh
# A shell of root on a terminal, for as long as the box has that terminal at all. It asks for no password: only who may
# run a program in the box can reach it from outside. To be asked for one, set it with passwd, and take
# "-n -l /etc/init.d/root" out of the line below.
[ -c "/dev/$1" ] && exec getty -n -l /etc/init.d/root -L 115200 "$1" linux
exec sleep 2147483647
EOF
put etc/init.d/root 0755 <<'EOF'
#!/bin/sh
exec login -f root
EOF

put etc/passwd 0644 <<'EOF'
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/:/bin/false
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
EOF
put etc/group 0644 <<'EOF'
root:x:0:
daemon:x:1:
tty:x:5:
disk:x:6:
utmp:x:43:
users:x:100:
nogroup:x:65534:
EOF
# Nobody can log in with a password until one is set.
put etc/shadow 0600 <<'EOF'
root:*:19000:0:99999:7:::
daemon:*:19000:0:99999:7:::
nobody:*:19000:0:99999:7:::
EOF
put etc/hosts 0644 <<'EOF'
127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
EOF
put etc/nsswitch.conf 0644 <<'EOF'
passwd: files
group: files
shadow: files
hosts: files dns
EOF
put etc/profile 0644 <<'EOF'
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PS1='\u@\h:\w\$ '
[ -n "$HOME" ] && [ "$HOME" != / ] || export HOME=/root
umask 022
EOF
put usr/share/udhcpc/default.script 0755 <<'EOF'
#!/bin/sh
# What udhcpc calls with a lease: address, route and resolv.conf.
[ -n "$1" ] || exit 1
case $1 in
    deconfig)
        ip -4 addr flush dev "$interface"
        ip link set "$interface" up
        ;;
    bound | renew)
        ip -4 addr flush dev "$interface"
        ip -4 addr add "$ip/${mask:-24}" ${broadcast:+broadcast "$broadcast"} dev "$interface"
        if [ -n "$router" ]; then
            ip -4 route flush default dev "$interface" 2>/dev/null
            metric=0
            for gateway in $router; do
                ip -4 route add default via "$gateway" dev "$interface" metric "$metric"
                metric=$((metric + 1))
            done
        fi
        new=/etc/resolv.conf.$interface.$$
        {
            [ -z "$domain" ] || echo "search $domain"
            for server in $dns; do echo "nameserver $server"; done
        } >"$new" && mv -f "$new" /etc/resolv.conf
        ;;
esac
exit 0
EOF
# Where Debian's busybox looks for it.
ln -sfn ../../usr/share/udhcpc/default.script etc/udhcpc/default.script
# These are the box's own from the start on.
for name in hostname resolv.conf; do
    [ ! -h "etc/$name" ] || rm -f "etc/$name"
done
# Empty: a start writes the box's name.
[ -e etc/hostname ] || put etc/hostname 0644 </dev/null
[ -e etc/resolv.conf ] || put etc/resolv.conf 0644 </dev/null

find . -xdev -type f -perm /6000 -exec chmod ug-s {} +

rm -rf -- "$work"
# One line for each entry: kind, mode, and content or target; sorted, so that the order on disk does not matter.
# find puts the path and a control character before each line, so that sort sorts by paths.
end=$(printf '\001')
checksum=$(
    find . -mindepth 1 \( -type l -printf '%p\001l %p %l\n' -o -type f -printf '%p\001f %p %m\n' \
        -o -printf '%p\001d %p %m\n' \) | sort | while IFS= read -r entry; do
        path=${entry%%"$end"*}
        entry=${entry#*"$end"}
        case $entry in
            f*) printf '%s %s\n' "$entry" "$(sha256sum <"$path")" ;;
            *) printf '%s\n' "$entry" ;;
        esac
    done | sha256sum
)
# The same time for the same bytes.
if [ ! -d "$dir" ]; then
    find . -exec touch -h -d @0 {} +
    cd /
    mv -T -- "$aside" "$dir"
else
    cd /
    exec 8<"$parent"
    flock 8
    old=$(mktemp -d -- "$dir.old.XXXXXX")
    mv -T -- "$dir" "$old/rootfs"
    if ! mv -T -- "$aside" "$dir"; then
        mv -T -- "$old/rootfs" "$dir"
        rmdir -- "$old"
        fail "$dir cannot be replaced"
    fi
    rm -rf -- "$old"
fi
printf '%s\n' "${checksum%% *}"
