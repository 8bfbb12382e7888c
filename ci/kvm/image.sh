#!/usr/bin/env bash
# Makes what the outer machine of `make test-kvm` boots:
#
#   ci/kvm/image.sh WORK PAYLOAD
#
# WORK/root is a system with QEMU, clang and busybox. In it are /vmlinuz, the kernel that
# SUITE installs on hardware, /initrd, which mounts /disk, and that is a copy of the system
# with PAYLOAD as /opt/bpflab.
set -euo pipefail

work=$1 payload=$2
root=$work/root here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

"$here/../root.sh" "${SUITE:-trixie}" "$root" linux-image-amd64 qemu-system-x86 clang libbpf-dev linux-libc-dev busybox-static kmod xz-utils
release=$(basename "$root"/lib/modules/*)
mv "$root/boot/vmlinuz-$release" "$work/vmlinuz"
rm -rf "$root"/vmlinuz* "$root"/initrd* "$root"/boot/* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*

# Prints the modules that the disk needs, in the order to load them.
modules() {
	for module in virtio_pci virtio_blk ext4; do
		chroot "$root" modprobe -S "$release" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# The kernel takes modules as they are built; busybox cannot decompress them all.
initrd=$work/initramfs
mkdir -p "$initrd"/{bin,dev,proc,root,modules}
cp "$root/bin/busybox" "$initrd/bin/"
ln -s busybox "$initrd/bin/sh"
number=100
for module in $(modules); do
	target=$initrd/modules/$((number += 1))-$(basename "${module%.xz}")
	case $module in
	*.xz) chroot "$root" xz -dc "$module" >"$target" ;;
	*) cp "$root$module" "$target" ;;
	esac
done
install -m 755 "$here/initrd.sh" "$initrd/init"
(cd "$initrd" && find . | "$root/bin/busybox" cpio -o -H newc) >"$work/initrd" 2>/dev/null

mkdir -p "$root/opt" "$root/results" "$root/dev/pts"
mv "$payload" "$root/opt/bpflab"
mkfs.ext4 -q -F -O ^has_journal -E lazy_itable_init=1 -d "$root" "$work/disk" 5G
rm -rf --one-file-system "$root/opt/bpflab" "$initrd"
mv "$work"/{vmlinuz,initrd,disk} "$root/"
