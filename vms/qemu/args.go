//go:build linux

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
	fdControl = 5
	fdPort    = 6
	fdMemory  = 7 // of templates and forks
	fdState   = 8 // of forks
)

// spec is what a machine is made of; the same spec has the same
// arguments, in any process.
type spec struct {
	kernel kernel.Image
	initrd string
	memory int64 // bytes
	cpus   int
	accel  string // KVM or TCG
	lsm    string // security module to have active, or ""
	frugal bool   // a fork keeps little translated code
	qemu   build

	slowness float64 // of the host
}

// cpuModels: qemu64 has the same features in every QEMU, while max has whatever
// that QEMU emulates, and boots no faster. rdrand is on because it seeds the
// kernel's random pool at once.
var cpuModels = map[string]string{"kvm": "host", "tcg": "qemu64,+rdrand"}

// cpu returns the machine's model. cmpxchg16b is off where nothing needs it, and with
// several processors: QEMU 7.2 now and then computes wrong flags for it then, and the
// guest dies of a double fault in its allocator.
func (s spec) cpu() string {
	accel, _, _ := strings.Cut(s.accel, ",")
	model := cpuModels[accel]
	if strings.HasPrefix(s.accel, "tcg") && (s.cpus > 1 || !s.kernel.NeedsCX16()) {
		model += ",-cx16"
	}
	return model
}

// arguments returns QEMU's for a machine that boots and is not copied.
func arguments(s spec) []string { return append(devices(s), kernelArguments(s)...) }

// templateArguments returns those of a machine that boots and is copied: its memory
// is a file, and the agent may do before the copying what takes long for the first time.
func templateArguments(s spec) []string {
	return append(devices(s), append(memoryFile(s, "on"), kernelArguments(s, "bpflab.copied=1")...)...)
}

// forkArguments returns those of a copy: it reads the file and keeps what it
// writes to itself. It is given its state by command, because the capability to
// leave shared memory out of that must be set first.
func forkArguments(s spec) []string {
	if s.frugal && s.accel == "tcg" {
		s.accel += fmt.Sprintf(",tb-size=%d", translated)
	}
	return append(devices(s), append(memoryFile(s, "off"), "-incoming", "defer")...)
}

// translated is how much translated code a frugal fork keeps, in MiB, under emulation.
// QEMU's own bound is so large that it keeps code which never runs again, most of what
// an idle fork holds; with less than this, code is translated again and again.
const translated = 24

// devices returns all that a machine has. Template and fork must agree on them.
func devices(s spec) []string {
	return append(hardware(s.accel, s.cpu()),
		"-smp", fmt.Sprint(s.cpus),
		"-m", fmt.Sprintf("%dk", s.memory>>10),
		"-no-reboot",
		"-chardev", fmt.Sprintf("socket,id=console,fd=%d", fdConsole), "-serial", "chardev:console",
		"-chardev", fmt.Sprintf("socket,id=stream,fd=%d", fdStream), "-serial", "chardev:stream",
		"-chardev", fmt.Sprintf("socket,id=control,fd=%d", fdControl), "-qmp", "chardev:control",
		"-device", "virtio-serial-pci,max_ports=2",
		"-chardev", fmt.Sprintf("socket,id=port,fd=%d", fdPort), "-device", "virtserialport,chardev=port,name=bpflab",
	)
}

func memoryFile(s spec, share string) []string {
	return []string{
		"-object", fmt.Sprintf("memory-backend-file,id=memory,size=%d,mem-path=/proc/self/fd/%d,share=%s", s.memory, fdMemory, share),
		"-machine", "memory-backend=memory",
	}
}

func kernelArguments(s spec, more ...string) []string {
	words := append([]string{commandLine}, more...)
	if parameters := s.kernel.Parameters(s.lsm); parameters != "" {
		words = append(words, parameters)
	}
	return []string{"-kernel", s.boot(), "-initrd", s.initrd, "-append", strings.Join(words, " ")}
}

// machineType is the type of all machines.
const machineType = "pc"

// hardware returns the machine without memory and devices, as machines and the
// probe of the accelerator have it.
func hardware(accel, cpu string) []string {
	return []string{
		"-machine", machineType + ",usb=off,vmport=off,smbus=off",
		"-accel", accel,
		"-cpu", cpu,
		"-nodefaults", "-no-user-config", "-display", "none",
	}
}

// boot returns the file to start: the uncompressed kernel where QEMU can, which
// spares the guest its own decompressor.
func (s spec) boot() string {
	if s.kernel.PVH && s.kernel.Vmlinux != "" || s.kernel.Kernel == "" {
		return s.kernel.Vmlinux
	}
	return s.kernel.Kernel
}

// commandLine is the kernel's. panic=-1 and -no-reboot end QEMU at once when
// the kernel panics, and reboot=t does it without asking a BIOS. rdrand counts
// as entropy, the self-tests of crypto algorithms are left out, and so is the
// check whether timer interrupts arrive, which on a busy host now and then ends
// in a panic ("IO-APIC + timer doesn't work").
//
// Nothing here may change what a program or the verifier sees: so there is no
// mitigations=off, with which the verifier drops its own against Spectre from
// 6.8 on, and lets unprivileged programs pass that a stock kernel rejects.
var commandLine = strings.Join([]string{
	"console=ttyS0", "panic=-1", "reboot=t",
	"random.trust_cpu=on", "cryptomgr.notests", "no_timer_check",
	"bpflab.stream=/dev/ttyS1",
}, " ")
