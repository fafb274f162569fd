#!/bin/sh
# Scenes with interfaces that look like hardware: a box on the bridge, a name for its network, an interface that moves in
# live and comes back, empty and phys. Run by run.sh; stops at the first thing that is not as it should be.
set -eu
cd "$JBOX_HOME_DIR"
PATH=$JBOX_HOME_DIR/bin:$PATH

fail() {
    echo "NOT SO: $*"
    exit 1
}
has() {
    case $1 in *"$2"*) ;; *) fail "\"$2\" in: $1" ;; esac
}
hasnot() {
    case $1 in *"$2"*) fail "no \"$2\" in: $1" ;; *) ;; esac
}
await() {
    for _ in $(seq 100); do
        if sh -c "$1" >/dev/null 2>&1; then return 0; fi
        sleep 0.3
    done
    fail "in time: $1"
}
done_with() { echo "scene $1: so"; }

# Boxes are on a file system that this kernel can map, as it cannot its tmpfs and overlay.
truncate -s 400M /run/disk
mkfs.ext4 -q /run/disk
mount -o loop /run/disk /var/lib/jbox

# The far end of the wire: a network of its own with a DHCP server.
ip netns add far
ip link set nic1 netns far
ip netns exec far ip addr add 192.168.50.1/24 dev nic1
ip netns exec far ip link set nic1 up
ip netns exec far ip link set lo up
ip netns exec far dnsmasq --conf-file=/dev/null --pid-file=/run/far.pid --bind-interfaces --interface=nic1 --except-interface=lo \
    --dhcp-range=192.168.50.100,192.168.50.200,1h --dhcp-leasefile=/run/far.leases --no-ping --port=0

# What a box has by default, on cgroups of version 2.
jbox start bbox-empty -s limits='{memory: 32M, cpus: 0.5, pids: 40}' -s cgroup2='{memory.high: 30M}'
status=$(jbox exec bbox-empty -- cat /proc/self/status /proc/self/uid_map)
has "$status" "Seccomp:	2"
has "$status" " 65536"
hasnot "$status" "0          0 4294967295"
[ "$(jbox exec bbox-empty -- stat -c %u /bin/busybox)" = 0 ] || fail "the root file system is the box's"
cgroup=/sys/fs/cgroup/jbox/bbox-empty
has "$(cat $cgroup/memory.max $cgroup/memory.high $cgroup/cpu.max $cgroup/pids.max | tr '\n' ' ')" "33554432 31457280 50000 100000 40 "
has "$(jbox exec bbox-empty -- sh -c 'dd if=/dev/zero of=/dev/shm/x bs=1M count=100 2>/dev/null; echo code $?; rm /dev/shm/x')" "code 137"
has "$(jbox audit --try bbox-empty)" "17 of 17 ways out are closed"
jbox stop -k bbox-empty
has "$(jbox info bbox-empty)" "Out of memory: 1 killed"
[ ! -d $cgroup ] || fail "the cgroup is left"
has "$(jbox run overlay -- sh -c 'touch /etc/x && stat -c %u /etc/x; cat /proc/self/uid_map')" "0
         0"
if said=$(jbox run --rootfs /run/jbox -- true 2>&1); then fail "a tmpfs is mapped by 6.1"; fi
has "$said" "cannot be mapped"
has "$said" "idmap: none"
done_with 'of confinement'

# A project's folder, in a box of root's: this kernel maps the owners of ext4, for one user.
mkdir /var/lib/jbox/home
mkdir /var/lib/jbox/home/app
cat >/var/lib/jbox/home/app/dev.yaml <<'EOF'
name: app
rootfs: {template: busybox}
net: [{type: empty}]
dev: {}
EOF
chown -R 1000:1000 /var/lib/jbox/home
chmod 700 /var/lib/jbox/home
cd /var/lib/jbox/home/app
export SUDO_UID=1000
has "$(jbox dev -- sh -c 'id -u; pwd; echo x >made; stat -c %u:%g made dev.yaml' | tr '\n' ' ')" \
    "1000 /var/lib/jbox/home/app 1000:1000 1000:1000 "
[ "$(stat -c %u:%g made)" = 1000:1000 ] || fail "what the developer makes is the developer's"
if jbox exec app -- touch "$PWD/of-root" 2>/dev/null; then fail "the box's root makes files there"; fi
jbox dev --stop
# And where it cannot map any.
cp -a /var/lib/jbox/home/app /run/app
cd /run/app
if said=$(jbox dev --allow -- true 2>&1); then fail "a tmpfs is mapped by 6.1"; fi
has "$said" "/run/app/dev.yaml:4:"
has "$said" "  hint: "
unset SUDO_UID
cd "$JBOX_HOME_DIR"
done_with 'of a project'

# A box as a file of its own, without a variable and without jbox.
jbox compile bbox-empty -o /run/file
cd /
file="env -i /run/file"
has "$($file sh -c 'grep Seccomp: /proc/self/status; cat /proc/self/uid_map; id -u')" "Seccomp:	2"
has "$($file --plan)" "mkdirat(AT_FDCWD, \"/sys/fs/cgroup/jbox/bbox-empty~slot0\""
[ "$(echo in | $file cat)" = in ] || fail "standard input"
if said=$($file no-such 2>&1); then fail "a program that there is not"; fi
has "$said" 'jbox: bbox-empty: execute "no-such": No such file or directory (ENOENT)'
[ ! -d /sys/fs/cgroup/jbox/bbox-empty~slot0 ] || fail "the cgroup of the file's command is left"
cd "$JBOX_HOME_DIR"
done_with 'of a file of its own'

# 6: bbox on the bridge.
jbox start bbox -s net.0.hwaddr=00:16:3e:0e:f1:df -s cap='{add: [net_admin]}'
await 'jbox ls -F IPV4 | grep -q "10\.0\.4\."'
address=$(jbox ls -F IPV4 bbox | tail -n 1)
inside=$(jbox exec bbox -- ip addr)
has "$inside" 00:16:3e:0e:f1:df
has "$inside" "eth0@if"
has "$inside" "$address/24"
has "$(ip -o link show type veth)" "master jboxbr0"
has "$(ip -o link show type veth)" link-netnsid
jbox exec bbox -- ping -c1 -W5 10.0.4.1 >/dev/null
busybox ping -c1 -W5 "$address" >/dev/null
kinds=$(lsns -n -p "$(jbox pid bbox)" -o TYPE,NETNSID)
for kind in mnt uts ipc pid net cgroup user; do has "$kinds" "$kind"; done
done_with 6

# 7: a name for its network.
ip netns attach bbox_nsnet "$(jbox pid bbox)"
has "$(ip netns list)" "bbox_nsnet (id:"
has "$(ip netns exec bbox_nsnet ip link)" eth0
has "$(lsns -n -t net -p "$(jbox pid bbox)" -o NSFS)" bbox_nsnet
done_with 7

# 8: nic0 moves in, live.
ip addr add 172.30.0.1/24 dev nic0
ip link set nic0 mtu 1400
picture() { ip -o addr show nic0 | cut -d' ' -f2-; cat /sys/class/net/nic0/address /sys/class/net/nic0/mtu /sys/class/net/nic0/flags; }
before=$(picture)
jbox exec bbox -- ip link set eth0 down
if jbox exec bbox -- ping -c1 -W1 192.168.50.1 >/run/out 2>&1; then fail "ping without a network"; fi
has "$(cat /run/out)" "Network is unreachable"
jbox net move nic0 bbox
jbox exec bbox -- ip link set nic0 up
await 'jbox exec bbox -- udhcpc -q -n -i nic0'
jbox exec bbox -- ping -c1 -W5 192.168.50.1 >/dev/null
has "$(jbox exec bbox -- ip route)" "default via 192.168.50.1"
done_with 8

# 9: … and comes back, although bbox_nsnet keeps the network.
jbox stop -k bbox
[ "$(picture)" = "$before" ] || fail "nic0 as before: $(picture) and not $before"
has "$(ip netns list)" bbox_nsnet
ip netns del bbox_nsnet
done_with 9

# 8 and 9 once more, by ip alone: jbox does not know of it before.
jbox start bbox
ip netns attach bbox_nsnet "$(jbox pid bbox)"
ip link set nic0 netns bbox_nsnet
said=$(jbox stop -k bbox 2>&1)
has "$said" "nic0: is back"
has "$(ip -o link show nic0)" 02:00:00:00:bb:
ip netns del bbox_nsnet
ip addr add 172.30.0.1/24 dev nic0
done_with '8 and 9 by ip'

# 10: empty and phys.
jbox start bbox-empty
interfaces=$(jbox exec bbox-empty -- ip link)
has "$interfaces" "lo: <LOOPBACK,UP"
hasnot "$interfaces" eth0
jbox stop -k bbox-empty
jbox start bbox-phys -s net.0='{type: phys, link: nic0}'
has "$(jbox exec bbox-phys -- ip -o link show nic0)" 02:00:00:00:bb:
hasnot "$(jbox exec bbox-phys -- ip -o link show nic0)" ",UP"
kill -9 "$(jbox pid bbox-phys)"
await '[ -e /sys/class/net/nic0 ]'
[ "$(picture)" = "$before" ] || fail "nic0 as before: $(picture) and not $before"

# What this kernel has: a vlan, an ipvlan, a macvlan.
ip link set nic0 up
for net in '{type: vlan, link: nic0, vlan: {id: 7}, flags: up}' '{type: ipvlan, link: nic0, flags: up}' \
    '{type: macvlan, link: nic0, flags: up}'; do
    jbox start bbox-empty -s net.0="$net"
    has "$(jbox exec bbox-empty -- ip link)" eth0
    jbox stop -k bbox-empty
done
done_with 10

jbox net down
[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 0 ] || fail "forwarding as before"
hasnot "$(nft list ruleset)" jbox

# AppArmor: what namespaces and masks would let through, its profile does not; without it the same attack works.
rm -rf /run/rootfs-lsm
mkdir -m 700 /run/rootfs-lsm
cat >/run/lsm.yaml <<'Y'
name: lsm
rootfs: {path: /run/rootfs-lsm/r, template: busybox}
idmap: none
mount: {auto: [proc:rw, sys:rw]}
init: {cmd: [/bin/sleep, "1000"]}
Y
swappiness=$(cat /proc/sys/vm/swappiness)
attack="cat /proc/self/attr/apparmor/current; echo $swappiness >/proc/sys/vm/swappiness && echo wrote"
jbox start /run/lsm.yaml
has "$(cat "/proc/$(jbox pid lsm)/attr/apparmor/current")" 'jbox-box-1 (enforce)'
said=$(jbox exec lsm -- sh -c "$attack" 2>&1 || :)
has "$said" 'jbox-box-1 (enforce)'
has "$said" 'Permission denied'
hasnot "$said" wrote
jbox exec lsm -- kill -0 1
jbox stop -k lsm
has "$(jbox run -f /run/lsm.yaml -s apparmor.profile=unconfined -- sh -c "$attack")" wrote
said=$(jbox run -f /run/lsm.yaml -s apparmor.profile=nosuch -- true 2>&1 || :)
has "$said" 'AppArmor has no such profile'
has "$(jbox run -f /run/lsm.yaml -s 'cap.keep=[sys_admin]' -s seccomp.profile=none -- \
    sh -c 'cat /proc/self/attr/apparmor/current; mount -t tmpfs t /mnt && echo mounted')" mounted
# What the probe for modules tells by.
has "$(jbox run -f /run/lsm.yaml -s 'cap.keep=[sys_module]' -s seccomp.profile=none -- insmod /proc/self/exe 2>&1 || :)" format
done_with AppArmor

# Version 2 alone: limits, devices, and no id of one box in another.
[ "$(jbox run -f /run/lsm.yaml -s limits.memory=32M -- sh -c 'dd if=/dev/zero of=/dev/shm/x bs=1M count=100; echo $?' 2>/dev/null)" = 137 ] ||
    fail "a limit of memory"
said=$(jbox run -f /run/lsm.yaml -s 'cap.keep=[mknod]' -s 'mount.entry=["t tmp tmpfs dev"]' -s seccomp.profile=none -- \
    sh -c 'mknod /tmp/k c 1 11; : >/tmp/k' 2>&1 || :)
has "$said" 'Operation not permitted'
done_with 'version 2'

# A file system that this kernel cannot map.
said=$(jbox run -f /run/lsm.yaml -s idmap=auto -s 'mount.auto=[proc]' -- true 2>&1 || :)
has "$said" 'options: [shift]'
has "$(jbox run -f /run/lsm.yaml -s idmap=auto -s 'mount.auto=[proc]' -s rootfs.options=shift -- cat /proc/self/uid_map)" 65536
done_with shift

# What is mounted for a box is locked, though it may mount.
said=$(jbox run -f /run/lsm.yaml -s idmap=auto -s rootfs.options=shift -s 'mount.auto=[proc:mixed]' -s 'cap.keep=[sys_admin]' \
    -s apparmor.profile=unconfined -- sh -c 'mount -t tmpfs t /mnt && echo mounted; mount -o remount,bind,rw /proc/sys && echo undone
        umount /proc/sys && echo undone; mount -o remount,bind,ro /mnt && mount -o remount,bind,rw /mnt && echo own' 2>/dev/null || :)
has "$said" mounted
has "$said" own
hasnot "$said" undone
done_with 'locked mounts'

# An ordinary user, in a cgroup of the user's own: the box makes cgroups, and does not change its limits.
mkdir -m 700 /run/me
given=/sys/fs/cgroup/given
mkdir $given $given/leaf
chown -R 4242:4242 /run/me $given
cat >/run/me/mine.yaml <<'Y'
rootfs: {template: busybox}
init: {cmd: [/bin/sleep, "1000"]}
mount: {auto: [proc, sys, cgroup:rw]}
limits: {pids: 50}
Y
as_user() {
    sh -c "echo \$\$ >$given/leaf/cgroup.procs; exec setpriv --reuid=4242 --regid=4242 --clear-groups env HOME=/run/me XDG_RUNTIME_DIR=/run/me jbox \"\$@\"" sh "$@"
}
as_user start -f /run/me/mine.yaml
said=$(as_user exec mine -- sh -c 'cat /proc/self/cgroup; cd /sys/fs/cgroup; echo 7777 >pids.max; mkdir below && echo made; rmdir below' 2>&1 || :)
has "$said" '0::/
'
has "$said" made
[ "$(cat $given/jbox/mine/pids.max)" = 50 ] || fail "a limit is as it was"
as_user stop -k mine
[ ! -d $given/jbox/mine ] || fail "the cgroup is left"
done_with 'ordinary users'
