//go:build linux

package qemu

import (
	"fmt"
	"slices"
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
	kernel  kernel.Image
	initrd  string
	memory  int64 // bytes
	cpus    int
	accel   string // KVM or TCG
	lsm     string // security module to have active, or ""
	frugal  bool   // a fork keeps little translated code
	qemu    build
	starter *starter

	slowness float64 // of the host
}

// cpu returns the machine's model.
func (s spec) cpu() string {
	if accel, _, _ := strings.Cut(s.accel, ","); accel == KVM {
		return "host"
	}
	return s.platform().cpu(s)
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
	out := append(hardware(s),
		"-smp", fmt.Sprint(s.cpus),
		"-m", fmt.Sprintf("%dk", s.memory>>10),
		"-no-reboot",
		"-chardev", fmt.Sprintf("socket,id=console,fd=%d", fdConsole),
		"-chardev", fmt.Sprintf("socket,id=stream,fd=%d", fdStream),
		"-chardev", fmt.Sprintf("socket,id=port,fd=%d", fdPort),
		"-chardev", fmt.Sprintf("socket,id=control,fd=%d", fdControl), "-qmp", "chardev:control",
		"-serial", "chardev:console",
	)
	return append(out, s.platform().channels...)
}

func memoryFile(s spec, share string) []string {
	return []string{
		"-object", fmt.Sprintf("memory-backend-file,id=memory,size=%d,mem-path=/proc/self/fd/%d,share=%s", s.memory, fdMemory, share),
		"-machine", "memory-backend=memory",
	}
}

func kernelArguments(s spec, more ...string) []string {
	words := slices.Concat(s.platform().parameters, more)
	if parameters := s.kernel.Parameters(s.lsm); parameters != "" {
		words = append(words, parameters)
	}
	return []string{"-kernel", s.boot(), "-initrd", s.initrd, "-append", strings.Join(words, " ")}
}

// hardware returns the machine without memory and devices, as machines and the
// probe of the accelerator have it.
func hardware(s spec) []string {
	p := s.platform()
	options := p.options
	if strings.HasPrefix(s.accel, KVM) && p.native != "" {
		options = p.native
	}
	return []string{
		"-machine", p.machine + options,
		"-accel", s.accel,
		"-cpu", s.cpu(),
		"-nodefaults", "-no-user-config", "-display", "none",
	}
}

// boot returns the file to start: the uncompressed kernel where QEMU can, which
// spares the guest its own decompressor. On other platforms than x86-64 that is what the
// kernel's package has, or what was unpacked of it.
func (s spec) boot() string {
	if s.kernel.PVH && s.kernel.Vmlinux != "" || s.kernel.Kernel == "" {
		return s.kernel.Vmlinux
	}
	return s.kernel.Kernel
}
