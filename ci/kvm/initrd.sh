#!/bin/sh
# The init of the outer machine's initial RAM disk: mounts the disk and goes on there.
busybox mount -t proc proc /proc
busybox mount -t devtmpfs dev /dev
for module in /modules/*; do
	busybox insmod "$module"
done
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ ! -e /dev/vda ] || break
	busybox sleep 1
done
busybox mount -t ext4 /dev/vda /root
busybox mount -o move /dev /root/dev
busybox umount /proc
exec busybox switch_root /root /bin/bash /opt/bpflab/guest.sh
