package qemu

import (
	"fmt"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
)

// The child's file descriptors, as os/exec numbers ExtraFiles.
const (
	fdConsole = 3
	fdStream  = 4
)

// spec is what a machine is made of; the same spec has the same
// arguments, whoever starts it.
type spec struct {
	kernel kernel.Image
	initrd string
	memory int64 // bytes
	cpus   int
	accel  string // "kvm" or "tcg"
}

// cpuModels: qemu64 boots faster under emulation than max, whose features the
// kernel then uses at the emulator's cost. cmpxchg16b is off because QEMU 7.2
// now and then computes wrong flags for it, and the guest then dies of a
// double fault in its allocator; rdrand is on because it seeds the kernel's
// random pool at once.
var cpuModels = map[string]string{"kvm": "host", "tcg": "qemu64,-cx16,+rdrand"}

// arguments are QEMU's for a machine.
func arguments(s spec) []string {
	return []string{
		"-machine", "pc,usb=off,vmport=off,smbus=off,graphics=off",
		"-accel", s.accel,
		"-cpu", cpuModels[s.accel],
		"-smp", fmt.Sprint(s.cpus),
		"-m", fmt.Sprintf("%dk", s.memory>>10),
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-kernel", s.boot(),
		"-initrd", s.initrd,
		"-append", commandLine,
		"-chardev", fmt.Sprintf("socket,id=console,fd=%d", fdConsole), "-serial", "chardev:console",
		"-chardev", fmt.Sprintf("socket,id=stream,fd=%d", fdStream), "-serial", "chardev:stream",
	}
}

// boot is the file to start: the uncompressed kernel where QEMU can, which
// spares the guest its own decompressor.
func (s spec) boot() string {
	if s.kernel.PVH && s.kernel.Vmlinux != "" || s.kernel.Kernel == "" {
		return s.kernel.Vmlinux
	}
	return s.kernel.Kernel
}

// commandLine is the kernel's. panic=-1 and -no-reboot end QEMU at once when
// the kernel panics, and reboot=t does it without asking a BIOS.
var commandLine = strings.Join([]string{
	"console=ttyS0", "panic=-1", "reboot=t",
	"random.trust_cpu=on", "cryptomgr.notests", "mitigations=off",
	"bpflab.stream=/dev/ttyS1",
}, " ")
