//go:build linux

package qemu

import (
	"debug/elf"
	"path/filepath"

	"github.com/bpflab/bpflab/vms/install"
	"github.com/bpflab/bpflab/vms/kernel"
)

// platform is what the machines of one architecture are in QEMU.
type platform struct {
	elf     elf.Machine  // of its programs
	binary  string       // QEMU's name in PATH
	tool    install.Tool // what brings it
	machine string       // the type of all its machines
	options string       // of that type, each after a comma
	native  string       // more of them where KVM runs the machine

	// cpu returns the model that emulated machines have.
	cpu func(spec) string
	// channels are the devices between the guest and the chardevs stream and port.
	channels []string
	// parameters are the kernel's, see commandLine.
	parameters []string

	memoryUnit int64   // a machine's memory is a multiple of it; 0 is any number of KiB
	slowness   float64 // how many times as long an emulated boot takes as one of x86-64

	// timerSaved is the QEMU since which copies of an emulated machine have its timer; zero is all.
	timerSaved [2]int
}

// serialPort is the second UART, by which the agent speaks while it boots, and the virtio
// port by which it does from then on.
var serialPort = []string{
	"-serial", "chardev:stream",
	"-device", "virtio-serial-pci,max_ports=2",
	"-device", "virtserialport,chardev=port,name=bpflab",
}

// onlyPort returns a virtio port on a bus as the agent's only stream: these machines have
// one UART, or none that carries all bytes. The agent loads its driver before it speaks.
func onlyPort(bus string) []string {
	return []string{
		"-device", "virtio-serial-" + bus + ",max_ports=2",
		"-device", "virtserialport,chardev=stream,name=bpflab",
	}
}

// streamPort makes the agent take its virtio port as its stream from the beginning.
const streamPort = "bpflab.stream=virtio"

// platforms are those of all architectures of package kernel.
var platforms = map[kernel.Arch]*platform{
	kernel.AMD64: {
		elf: elf.EM_X86_64, binary: "qemu-system-x86_64", tool: install.QEMU,
		machine: "pc", options: ",usb=off,vmport=off,smbus=off",
		cpu: cpuX86, channels: serialPort, slowness: 1,
		parameters: commandLine("console=ttyS0", "reboot=t", "no_timer_check", "bpflab.stream=/dev/ttyS1"),
	},
	kernel.ARM64: {
		elf: elf.EM_AARCH64, binary: "qemu-system-aarch64", tool: install.QEMUARM,
		machine: "virt", options: ",gic-version=3", native: ",gic-version=host",
		cpu: cpuARM, channels: onlyPort("pci"), slowness: 3,
		parameters: commandLine("console=ttyAMA0", "random.trust_bootloader=on", streamPort),
	},
	kernel.S390X: {
		elf: elf.EM_S390, binary: "qemu-system-s390x", tool: install.QEMUS390X,
		machine: "s390-ccw-virtio",
		cpu:     model("max"), channels: onlyPort("ccw"), slowness: 3, memoryUnit: 1 << 20,
		parameters: commandLine("console=ttysclp0", "random.trust_bootloader=on", streamPort),
	},
	kernel.RISCV64: {
		elf: elf.EM_RISCV, binary: "qemu-system-riscv64", tool: install.QEMURISCV,
		machine: "virt",
		cpu:     model("rv64"), channels: onlyPort("pci"), slowness: 3, timerSaved: [2]int{10, 2},
		parameters: commandLine("console=ttyS0", "random.trust_bootloader=on", streamPort),
	},
	kernel.PPC64EL: {
		elf: elf.EM_PPC64, binary: "qemu-system-ppc64", tool: install.QEMUPPC,
		machine: "pseries", options: ",x-vof=on,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken", native: ",x-vof=on",
		cpu: model("power9"), channels: onlyPort("pci"), slowness: 5, memoryUnit: 256 << 20, timerSaved: [2]int{8, 2},
		parameters: commandLine("console=hvc0", "random.trust_bootloader=on", streamPort),
	},
}

// platform returns that of the machine's kernel.
func (s spec) platform() *platform { return platformOf(s.kernel.Arch) }

// platformOf returns an architecture's, AMD64's for one that there is none of.
func platformOf(arch kernel.Arch) *platform {
	if p, ok := platforms[arch.OrDefault()]; ok {
		return p
	}
	return platforms[kernel.AMD64]
}

// toolOf returns what brings a QEMU, by the name of its file.
func toolOf(binary string) install.Tool {
	for _, p := range platforms {
		if filepath.Base(binary) == p.binary {
			return p.tool
		}
	}
	return install.QEMU
}

// model returns a CPU model that is the same for all kernels.
func model(name string) func(spec) string { return func(spec) string { return name } }

// cpuX86 returns qemu64, which has the same features in every QEMU, while max has whatever
// that QEMU emulates, and boots no faster. rdrand is on because it seeds the kernel's
// random pool at once. cmpxchg16b is off where nothing needs it, and with several
// processors: QEMU 7.2 now and then computes wrong flags for it then, and the guest dies
// of a double fault in its allocator.
func cpuX86(s spec) string {
	if s.cpus > 1 || !s.kernel.NeedsCX16() {
		return "qemu64,+rdrand,-cx16"
	}
	return "qemu64,+rdrand"
}

// firstLPA2 is the first kernel of arm64 that knows of addresses of 52 bits with small pages.
// Older ones do not boot on a CPU with them.
var firstLPA2 = kernel.Version{Major: 5, Minor: 12}

// cpuARM returns max, whose pointer authentication by the architecture's own algorithm takes
// an emulator more time than all the rest.
func cpuARM(s spec) string {
	if !s.kernel.Version.IsZero() && s.kernel.Version.Compare(firstLPA2) < 0 {
		return "max,pauth-impdef=on,lpa2=off"
	}
	return "max,pauth-impdef=on"
}

// commandLine returns a kernel's command line. panic=-1 and -no-reboot end QEMU at once when the
// kernel panics, and on x86-64 reboot=t does it without asking a BIOS. What the processor, or
// QEMU at a boot, gives as random counts as entropy, the self-tests of crypto algorithms are
// left out, and so is x86-64's check whether timer interrupts arrive, which on a busy host now
// and then ends in a panic ("IO-APIC + timer doesn't work").
//
// Nothing here may change what a program or the verifier sees: so there is no
// mitigations=off, with which the verifier drops its own against Spectre from
// 6.8 on, and lets unprivileged programs pass that a stock kernel rejects.
func commandLine(console string, more ...string) []string {
	return append([]string{console, "panic=-1", "random.trust_cpu=on", "cryptomgr.notests"}, more...)
}
