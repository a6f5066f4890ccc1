#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# In the initramfs of the guest that installs: the disk is mounted at /disk, and has what is needed below /install.
for folder in proc sys dev; do mkdir -p /disk/$folder; done
mount -t proc proc /disk/proc && mount -t sysfs sys /disk/sys && mount --bind /dev /disk/dev
chroot /disk /bin/sh /install/packages && umount /disk/dev /disk/sys /disk/proc && rm -rf /disk/install && umount /disk
if [ $? = 0 ]; then echo 'install: done'; else echo 'install: failed'; fi
poweroff -f
