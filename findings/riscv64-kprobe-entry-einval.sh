#!/bin/sh
# On Debian 13's riscv64 kernel no kprobe can be put where nearly all kprobes are, at the beginning of a
# function, and no kretprobe on a function at all: tracefs answers EINVAL, as perf_event_open(2) does, for every
# function that the function tracer can trace. Eight bytes further on, behind the two instructions that
# belong to the tracer, a kprobe is taken. The kernel has CONFIG_DYNAMIC_FTRACE_WITH_ARGS and no
# CONFIG_KPROBES_ON_FTRACE, so check_ftrace_location() in kernel/kprobes.c refuses the address. So "kprobe/NAME" of
# any BPF object fails, and a loader that tries the other ways to attach reports the error of the last of them.
# arm64 has no KPROBES_ON_FTRACE either and takes all three in the same kernel version.
#
# Boots both kernels in QEMU (no KVM, no root) with a static program as init. Needs: curl, xz, dpkg-deb, cpio,
# Go, qemu-system-aarch64, qemu-system-riscv64, and a mirror of Debian: MIRROR, else the first that apt is
# configured with. Fails if the behaviour changes.
set -eu
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT && cd "$tmp"
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | sed -n '1s,/$,,p')}
: "${mirror:?set MIRROR to the address of a mirror of Debian}"

cat >init.go <<'GO'
package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// write writes to a file of tracefs and returns the kernel's error, without the file's name.
func write(file, text string) error {
	err := os.WriteFile("/t/"+file, []byte(text), 0)
	if path, ok := err.(*os.PathError); ok {
		return path.Err
	}
	return err
}

func main() {
	os.Mkdir("/t", 0o755)
	if err := syscall.Mount("t", "/t", "tracefs", 0, ""); err != nil {
		fmt.Println("SEEN", err)
	}
	functions, _ := os.ReadFile("/t/available_filter_functions")
	fmt.Println("SEEN do_sys_openat2 can be traced:", strings.Contains(string(functions), "\ndo_sys_openat2\n"))
	for _, probe := range []string{"p:entry do_sys_openat2", "p:further do_sys_openat2+8", "r:return do_sys_openat2"} {
		name, _, _ := strings.Cut(probe[2:], " ")
		fmt.Printf("SEEN %s: made %v, enabled %v\n", probe, write("kprobe_events", probe), write("events/kprobes/"+name+"/enable", "1"))
		write("events/kprobes/"+name+"/enable", "0")
		write("kprobe_events", "")
	}
	time.Sleep(time.Second)
	syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF)
}
GO

# boot ARCH QEMU... boots Debian 13's kernel of an architecture and prints what its init saw.
boot() {
	arch=$1 name=$2 && shift 2
	file=$(curl -fsS "$mirror/dists/trixie/main/binary-$arch/Packages.xz" | xz -dc |
		awk -v RS= "/^Package: linux-image-6\\.12\\.[0-9]+\\+deb13-$name\n/" | sed -n 's/^Filename: //p' | tail -n 1)
	echo "$arch: ${file##*/}"
	curl -fsS -o $arch.deb "$mirror/$file" && dpkg-deb -x $arch.deb $arch
	CGO_ENABLED=0 GOARCH=$arch go build -o init init.go
	echo init | cpio -o -H newc --quiet >initrd
	timeout 300 "$@" -accel tcg -m 512 -nographic -no-reboot -kernel $arch/boot/vmlinu[xz]-* -initrd initrd </dev/null |
		tr -d '\r' | sed -n 's/.*SEEN //p' | tee $arch.seen
}
boot arm64 cloud-arm64 qemu-system-aarch64 -machine virt -cpu max,pauth-impdef=on -append 'console=ttyAMA0 quiet rdinit=/init'
boot riscv64 riscv64 qemu-system-riscv64 -machine virt -append 'console=ttyS0 quiet rdinit=/init'
for seen in 'p:entry do_sys_openat2: made <nil>, enabled <nil>' 'r:return do_sys_openat2: made <nil>, enabled <nil>'; do
	grep -F "$seen" arm64.seen
done
grep -F 'do_sys_openat2 can be traced: true' riscv64.seen
grep -F 'p:entry do_sys_openat2: made invalid argument' riscv64.seen
grep -F 'p:further do_sys_openat2+8: made <nil>, enabled <nil>' riscv64.seen
grep -F 'r:return do_sys_openat2: made invalid argument' riscv64.seen
