// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is in the Linux guest's initramfs.

use std::path::Path;

use super::Initramfs;
use super::library::{closure, resolve};
use super::userland32::add_programs;

const INIT: &str = "#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
hostname lazaret
echo \"Linux $(uname -r) in a Lazaret VM; poweroff ends it.\"
for word in $(cat /proc/cmdline); do
    case $word in
        root=/dev/*) exec /bin/disk-root ${word#*=} ;;
        lazaret.install=*) exec /bin/disk-install ${word#*=} ;;
    esac
done
grep -qw lazaret.debug /proc/cmdline && /bin/debug-loop &
grep -qw lazaret.once /proc/cmdline && exec /bin/debug-once
grep -qw lazaret.smp /proc/cmdline && exec /bin/smp-once
grep -qw lazaret.disk /proc/cmdline && exec /bin/disk-once
grep -qw lazaret.network /proc/cmdline && exec /bin/network-once
exec /bin/busybox init
";

const INITTAB: &str = "ttyAMA0::askfirst:-/bin/sh
::ctrlaltdel:/bin/poweroff
";

const PROFILE: &str = "export HOME=/ TERM=vt100 PATH=/bin:/usr/bin
";

/// With `lazaret.debug` on the kernel's command line the guest debugs itself for ever, and says how often it did; with
/// `lazaret.pause` it waits in between.
const DEBUG_LOOP: &str = "#!/bin/sh
round=0 failed=0
while true; do
    round=$((round + 1))
    TRY >/tmp/debug.log 2>&1 </dev/null && grep -q 'END' /tmp/debug.log || failed=$((failed + 1))
    echo \"guest linux $(uname -m): round $round, $failed failed\" >/dev/console
    grep -qw lazaret.pause /proc/cmdline && sleep 0.3
done
";

/// With `lazaret.once` it computes, debugs itself three times, and powers off.
const DEBUG_ONCE: &str = "#!/bin/sh
sum=0
for n in $(seq 300000); do sum=$(((sum * 31 + n) % 1000003)); done
echo \"sum $sum\"
sha256sum /bin/busybox
for n in 1 2 3; do TRY </dev/null; done
dd if=/dev/zero bs=1M count=256 2>/dev/null | sha256sum
poweroff -f
";

/// With `lazaret.smp` it debugs a program on its first and on its last processor at once, turns all but the first off and
/// on again, three times, computes on all of them, and powers off.
const SMP_ONCE: &str = "#!/bin/sh
echo \"processors: $(nproc)\"
last=$(($(nproc) - 1))
for n in 0 $last; do taskset -c $n TRY </dev/null >/tmp/$n 2>&1 & done
wait
for n in 0 $last; do
    echo \"processor $n: $(grep -c 'Breakpoint 1, ' /tmp/$n) breakpoints, $(grep -c 'Old value' /tmp/$n) changes, $(grep -c 'END' /tmp/$n) end\"
done
for round in 1 2 3; do
    for n in $(seq 1 $last); do echo 0 >/sys/devices/system/cpu/cpu$n/online; done
    echo \"round $round: $(nproc) left\"
    for n in $(seq 1 $last); do echo 1 >/sys/devices/system/cpu/cpu$n/online; done
    echo \"round $round: $(nproc) again\"
done
echo \"sums: $(seq 8 | xargs -P 4 -I{} sh -c 'seq 5000 | gzip | md5sum' | sort -u)\"
poweroff -f
";

/// With `lazaret.disk` it writes its whole disk, 64 KiB a round, past its own caches; then three sectors of these again, which
/// are no whole block; reads what is there, and powers off.
const DISK_ONCE: &str = "#!/bin/sh
insmod /lib/modules/virtio_mmio.ko
insmod /lib/modules/virtio_blk.ko
for n in $(seq 0 $(($(cat /sys/block/vda/size) / 128 - 1))); do
    yes \"round $n\" | head -c 65536 >/tmp/round
    dd if=/tmp/round of=/dev/vda bs=65536 seek=$n oflag=direct conv=fsync 2>/dev/null
    dd if=/tmp/round of=/dev/vda bs=1536 count=1 seek=$((n * 65536)) oflag=direct,seek_bytes 2>/dev/null
    dd if=/dev/vda bs=65536 skip=$n count=1 iflag=direct 2>/dev/null | cmp - /tmp/round && echo \"disk: round $n is there\"
done
poweroff -f
";

/// Mounts a disk as `/disk`. The modules of the network and of the source of entropy are here and not on the disk, whose owner
/// wants them as well. The file system's own are not there where a kernel has them built in.
const DISK_MOUNT: &str = "#!/bin/sh
modules='virtio_mmio virtio_blk failover net_failover virtio_net virtio-rng crc16 crc32c_generic mbcache jbd2 ext4'
for module in $modules; do insmod /lib/modules/$module.ko 2>/dev/null; done
mkdir -p /disk
mount -t ext4 $1 /disk && exit
echo \"$1 cannot be mounted: this is the initramfs\"
exit 1
";

/// With `root=/dev/vda` the system on that disk takes over.
const DISK_ROOT: &str = "#!/bin/sh
disk-mount $1 || exec /bin/busybox init
for folder in dev sys proc; do mount --move /$folder /disk/$folder; done
exec switch_root /disk /sbin/init
";

/// With `lazaret.install=2048` what lies on the disk behind its file system, which has so many MiB, is unpacked there, and
/// does the rest.
const DISK_INSTALL: &str = "#!/bin/sh
disk-mount /dev/vda && cd /disk && dd if=/dev/vda bs=1M skip=$1 2>/dev/null | tar x && cd / &&
    cp /disk/install/start /tmp && exec sh /tmp/start
echo 'install: failed'
poweroff -f
";

/// `network 10.0.2.15` connects the guest under that address, `network` under one that it asks for.
const NETWORK: &str = "#!/bin/sh
for module in virtio_mmio failover net_failover virtio_net; do
    insmod /lib/modules/$module.ko 2>/dev/null
done
ip link set lo up
ip link set eth0 up || exit
if [ $# = 0 ]; then exec udhcpc -i eth0 -s /etc/udhcpc.script -n -q; fi
ip addr add $1/24 dev eth0 && ip route add default via ${1%.*}.2 && echo \"network: $1\"
";

/// What is done with an address that was asked for.
const DHCP_SCRIPT: &str = "#!/bin/sh
[ $1 = bound ] || exit 0
ip addr add $ip/$mask dev $interface
ip route add default via $router
echo \"nameserver $dns\" >/etc/resolv.conf
echo \"network: $ip\"
";

/// With `lazaret.network` it sends 64 KiB a round to 10.0.2.100, who sends them back, each over a connection of its own; and
/// powers off.
const NETWORK_ONCE: &str = "#!/bin/sh
network 10.0.2.15
for n in $(seq 0 95); do
    yes \"round $n\" | head -c 65536 >/tmp/round
    nc 10.0.2.100 7 </tmp/round | cmp - /tmp/round && echo \"network: round $n is there\"
done
poweroff -f
";

/// Escape sequences get in the way on a shared console.
const GDBINIT: &str = "set style enabled off
";

/// gdb reads names through it.
const CONVERSION: &str = "usr/lib/aarch64-linux-gnu/gconv/UTF-32.so";
const CONVERSIONS: &str = "module UTF-32// INTERNAL UTF-32 1
module INTERNAL UTF-32// UTF-32 1
";

/// Try it by typing `gdb -x /etc/try.gdb /bin/debuggee`.
const TRY_GDB: &str = "set pagination off
set confirm off
set width 0
set language c
starti
hbreak work
continue
watch *(unsigned long *) &COUNTER
continue
continue
info breakpoints
delete
continue
quit
";

/// What every guest has: busybox, and what makes it a system; a command that debugs something, and what it says when all
/// went well.
pub(super) fn base(busybox: &[u8], debug: &str, end: &str) -> anyhow::Result<Initramfs> {
    let mut archive = Initramfs::new();
    for folder in ["bin", "dev", "etc", "proc", "sys", "tmp"] {
        archive.folder(folder)?;
    }
    archive.device("dev/console", 5, 1)?;
    archive.program("init", INIT.as_bytes())?;
    archive.program("bin/busybox", busybox)?;
    archive.link("bin/sh", "busybox")?;
    archive.file("etc/inittab", INITTAB.as_bytes())?;
    archive.file("etc/profile", PROFILE.as_bytes())?;
    archive.file("etc/passwd", b"root::0:0:root:/:/bin/sh\n")?;
    archive.program("bin/debug-loop", DEBUG_LOOP.replace("TRY", debug).replace("END", end).as_bytes())?;
    archive.program("bin/network", NETWORK.as_bytes())?;
    archive.program("bin/network-once", NETWORK_ONCE.as_bytes())?;
    archive.program("etc/udhcpc.script", DHCP_SCRIPT.as_bytes())?;
    archive.program("bin/disk-mount", DISK_MOUNT.as_bytes())?;
    archive.program("bin/disk-root", DISK_ROOT.as_bytes())?;
    archive.program("bin/disk-install", DISK_INSTALL.as_bytes())?;
    archive.program("bin/disk-once", DISK_ONCE.as_bytes())?;
    archive.program("bin/smp-once", SMP_ONCE.replace("TRY", debug).replace("END", end).as_bytes())?;
    archive.program("bin/debug-once", DEBUG_ONCE.replace("TRY", debug).as_bytes())?;
    Ok(archive)
}

/// The archive: busybox, gdb with its libraries, a program to debug; and, if there is a second program, the 32-bit one,
/// which this kernel runs as well.
pub fn build(root: &Path, busybox: &[u8], programs: &[Vec<u8>]) -> anyhow::Result<Initramfs> {
    let mut archive = base(busybox, "gdb -q -x /etc/try.gdb /bin/debuggee", "exited normally")?;
    let [debuggee, watcher @ ..] = programs else { anyhow::bail!("no program to debug") };
    archive.program("bin/debuggee", debuggee)?;
    watcher.iter().try_for_each(|watcher| add_programs(&mut archive, watcher))?;
    archive.file("etc/gdb/gdbinit", GDBINIT.as_bytes())?;
    archive.file("etc/try.gdb", TRY_GDB.as_bytes())?;
    archive.file("usr/lib/aarch64-linux-gnu/gconv/gconv-modules", CONVERSIONS.as_bytes())?;
    if let Some(module) = resolve(root, CONVERSION) {
        archive.program(CONVERSION, &std::fs::read(module)?)?;
    }
    for (path, file) in closure(root, "usr/bin/gdb")? {
        archive.program(&path, &std::fs::read(file)?)?;
    }
    Ok(archive)
}
