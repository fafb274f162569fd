#!/bin/sh
# run.sh SCRIPT: runs a script as root under Debian's own kernel, in a virtual machine without acceleration: cgroups v2 only,
# two e1000 interfaces nic0 and nic1 on one wire, this machine's files below a layer that is thrown away.
#
# Needs qemu-system-x86, cpio, busybox-static, e2fsprogs and kmod; the kernel's package is downloaded and unpacked aside, once.
#
#   VM_FOLDER       where kernel and initramfs are kept          (target/vm)
#   VM_SECONDS      how long it may take                         (900)
#   VM_PARAMETERS   further ones of the kernel's command line    (none)
set -eu
script=$(realpath -- "$1")
here=$(realpath -- "$(dirname -- "$0")/../../..")
folder=${VM_FOLDER:-$here/target/vm}
modules='virtio_pci 9pnet_virtio 9p overlay loop ext4 e1000 veth bridge macvlan ipvlan 8021q ifb nf_tables nft_chain_nat nft_masq nft_ct nf_nat sch_ingress cls_bpf'

for program in qemu-system-x86_64 cpio depmod; do
    command -v "$program" >/dev/null || {
        echo "run.sh: $program is missing: apt install qemu-system-x86 cpio kmod busybox-static e2fsprogs" >&2
        exit 125
    }
done
mkdir -p "$folder"
if ! [ -e "$folder/unpacked" ]; then
    package=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
    (cd "$folder" && apt-get -qq download "$package" && dpkg-deb -x "$package"_*.deb kernel && rm "$package"_*.deb)
    version=$(ls "$folder/kernel/lib/modules")
    depmod -b "$folder/kernel" "$version"
    touch "$folder/unpacked"
fi
version=$(ls "$folder/kernel/lib/modules")

# The initramfs: busybox, the modules in the order they need each other, an init that builds the root and goes there.
image=$(mktemp -d)
trap 'rm -rf -- "$image"' EXIT
mkdir -p "$image/bin" "$image/proc" "$image/sys" "$image/dev" "$image/host" "$image/layer" "$image/root" "$image/modules"
cp "$(command -v busybox)" "$image/bin/busybox"
cp "$script" "$image/script"
number=100
for module in $modules; do
    modprobe -d "$folder/kernel" -S "$version" --show-depends "$module" | sed -n 's/^insmod \(\S*\).*/\1/p'
done | awk '!seen[$0]++' >"$image/list"
while read -r file; do
    cp "$file" "$image/modules/$number.ko"
    number=$((number + 1))
done <"$image/list"
cat >"$image/init" <<EOF
#!/bin/busybox sh
export PATH=/bin
/bin/busybox mount -t proc proc /proc
/bin/busybox --install -s /bin
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for module in /modules/*.ko; do insmod \$module 2>/dev/null; done
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,ro,cache=loose host /host
mount -t tmpfs -o size=3g layer /layer
mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=/host,upperdir=/layer/upper,workdir=/layer/work root /root
mount -t proc proc /root/proc
mount -t sysfs sysfs /root/sys
mount -t securityfs securityfs /root/sys/kernel/security
mount -t devtmpfs dev /root/dev
mkdir -p /root/dev/pts /root/dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /root/dev/pts
mount -t tmpfs shm /root/dev/shm
mount -t tmpfs run /root/run
for fresh in var/lib/jbox var/cache/jbox; do mkdir -p /root/\$fresh && mount -t tmpfs fresh /root/\$fresh; done
mount -t cgroup2 -o nsdelegate cgroup /root/sys/fs/cgroup
echo '+cpu +memory +pids' >/root/sys/fs/cgroup/cgroup.subtree_control
ip link set lo up
number=0
for path in /sys/class/net/eth* /sys/class/net/en*; do
    [ -e \$path ] && ip link set \${path##*/} name nic\$number && number=\$((number + 1))
done
cp /script /root/run/script
cat >/root/run/init <<'END'
echo '==== begin'
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=linux JBOX_HOME_DIR='$here' sh /run/script
echo "==== end \$?"
busybox poweroff -f
END
# Not chroot: the kernel makes no user namespace there.
exec switch_root /root /bin/sh /run/init
EOF
chmod +x "$image/init"
(cd "$image" && find . | cpio --quiet -o -H newc | gzip -1) >"$folder/initramfs.gz"

timeout "${VM_SECONDS:-900}" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 4096 -nographic -no-reboot -vga none \
    -kernel "$folder/kernel/boot/vmlinuz-$version" -initrd "$folder/initramfs.gz" \
    -append "console=ttyS0 quiet panic=-1 rdinit=/init ${VM_PARAMETERS:-}" \
    -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
    -netdev hubport,id=port0,hubid=0 -device e1000,netdev=port0,mac=02:00:00:00:bb:01 \
    -netdev hubport,id=port1,hubid=0 -device e1000,netdev=port1,mac=02:00:00:00:bb:02 \
    </dev/null 2>&1 | tr -d '\r' | tee "$folder/console" | sed -un '/==== begin/,$p'
grep -q '==== end 0$' "$folder/console" || {
    echo "run.sh: not so; all that was printed is in $folder/console" >&2
    exit 1
}
