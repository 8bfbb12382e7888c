#!/bin/sh
# On riscv64 a kprobe event of tracefs is hit and leaves no line in the trace: kprobe_profile counts every
# hit, none of them as missed, the trace buffer stays empty, and no statistic of tracefs says that lines were
# lost ("entries" 0, "overrun" 0, "dropped events" 0). bpf_trace_printk() of a BPF program on a kprobe is as
# mute, while the program runs and its maps fill. A kprobe's handler runs as in a non-maskable interrupt on
# riscv64, and the trace buffer takes nothing from one where the kernel has no
# CONFIG_ARCH_HAVE_NMI_SAFE_CMPXCHG (the configuration of Debian's riscv64 kernel has not; that this is the
# cause is concluded from the sources, kernel/trace/ring_buffer.c, and not traced). The same steps on
# Debian's kernel of the same version for arm64 leave a line for each hit.
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

const tracefs = "/t/"

func read(file string) string {
	text, err := os.ReadFile(tracefs + file)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func write(file, text string) {
	if err := os.WriteFile(tracefs+file, []byte(text), 0); err != nil {
		fmt.Println("SEEN", err)
	}
}

func main() {
	os.Mkdir(tracefs, 0o755)
	if err := syscall.Mount("t", tracefs, "tracefs", 0, ""); err != nil {
		fmt.Println("SEEN", err)
	}
	// Behind the instructions that belong to the function tracer.
	write("kprobe_events", "p:seen do_sys_openat2+8")
	write("events/kprobes/seen/enable", "1")
	for range 5 {
		os.ReadFile("/init.go")
	}
	lines := strings.Count(read("trace"), "seen:")
	hits := strings.Fields(read("kprobe_profile"))
	stats := strings.Join(strings.Fields(read("per_cpu/cpu0/stats")), " ")
	fmt.Printf("SEEN lines %d, hits and missed %v, %.52s\n", lines, hits[1:], stats)
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
grep -E 'lines [1-9][0-9]*, hits and missed \[[1-9][0-9]* 0\]' arm64.seen
grep -E 'lines 0, hits and missed \[[1-9][0-9]* 0\], entries: 0 overrun: 0 commit overrun: 0' riscv64.seen
