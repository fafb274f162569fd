#!/bin/sh
# selinux.context under a kernel that has SELinux on (VM_PARAMETERS='security=selinux selinux=1'), with a policy of two types:
# what is box_t changes no file. Run by run.sh; needs checkpolicy. Stops at the first thing that is not as it should be.
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

has "$(jbox run --rootfs /nowhere -s selinux.context=system_u:system_r:box_t -- true 2>&1 || :)" 'does not use SELinux'
mount -t selinuxfs selinuxfs /sys/fs/selinux

# Initial SIDs by their numbers; those without a context are unlabeled. Classes that are not here are allowed (-U).
{
    printf 'class process\nclass file\n'
    for sid in kernel security unlabeled fs file file_labels init any_socket port netif netmsg node igmp_packet icmp_socket \
        tcp_socket sysctl_modprobe sysctl sysctl_fs sysctl_kernel sysctl_net sysctl_net_unix sysctl_vm sysctl_dev kmod policy \
        scmp_packet devnull; do
        echo "sid $sid"
    done
    cat <<'P'
class process { fork transition dyntransition sigchld sigkill }
class file { read write append execute entrypoint execute_no_trans open map getattr create }
policycap nnp_nosuid_transition;
type host_t;
type box_t;
role system_r;
role system_r types { host_t box_t };
allow host_t self:process *;
allow host_t { self box_t }:file *;
allow host_t box_t:process *;
allow box_t self:process *;
allow box_t self:file { read write open getattr };
allow box_t host_t:process sigchld;
allow box_t host_t:file { read execute entrypoint execute_no_trans open map getattr };
user system_u roles { system_r };
P
    for sid in kernel security unlabeled file any_socket port netif netmsg node devnull init; do
        echo "sid $sid system_u:system_r:host_t"
    done
} >/run/policy.conf
checkpolicy -U allow -c 33 -o /run/policy /run/policy.conf >/dev/null 2>&1
cat /run/policy >/sys/fs/selinux/load
echo 1 >/sys/fs/selinux/enforce
has "$(cat /proc/self/attr/current)" system_u:system_r:host_t

truncate -s 200M /run/disk
mkfs.ext4 -q /run/disk
mount -o loop /run/disk /var/lib/jbox
cat >/run/labelled.yaml <<'Y'
name: labelled
rootfs: {path: /var/lib/jbox/labelled/rootfs, template: busybox}
init: {cmd: [/bin/sleep, "1000"]}
selinux: {context: "system_u:system_r:box_t"}
Y
attack='cat /proc/self/attr/current; echo x >/etc/passwd && echo written'

said=$(jbox run -f /run/labelled.yaml -- sh -c "$attack" 2>&1 || :)
has "$said" system_u:system_r:box_t
has "$said" 'Permission denied'
hasnot "$said" written
jbox start /run/labelled.yaml
has "$(cat "/proc/$(jbox pid labelled)/attr/current")" system_u:system_r:box_t
said=$(jbox exec labelled -- sh -c "$attack" 2>&1 || :)
has "$said" system_u:system_r:box_t
hasnot "$said" written
jbox stop -k labelled
has "$(jbox run -f /run/labelled.yaml -s no_new_privs=true -- cat /proc/self/attr/current)" system_u:system_r:box_t
has "$(jbox run -f /run/labelled.yaml -s selinux.context=system_u:system_r:nosuch_t -- true 2>&1 || :)" 'SELinux has no such context'
has "$(jbox check)" SELinux
sed -i '/selinux:/d' /run/labelled.yaml
said=$(jbox run -f /run/labelled.yaml -- sh -c "$attack")
has "$said" system_u:system_r:host_t
has "$said" written
echo 'scene SELinux: so'
