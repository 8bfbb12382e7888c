// Package vms defines what a provider of machines is. QEMU, LXD, Multipass and the host
// are providers; none knows another, and their differences are in Caps, not in special
// cases elsewhere.
package vms

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
)

// Provider starts machines.
type Provider interface {
	// Name returns the word of --provider.
	Name() string
	// Caps returns what the provider can do here and now; an error says what is
	// missing on this machine and how to get it.
	Caps(ctx context.Context) (Caps, error)
	// Start boots (or forks) a machine and returns once its agent's byte
	// stream is open. The agent of a boot may not have spoken yet; that of a
	// fork is ready for a snapshot and waits to be resumed (package wire).
	// Errors are *StartError. When ctx ends, Start returns and leaves
	// nothing behind.
	Start(ctx context.Context, spec Spec) (Machine, error)
}

// Resolver is a provider that has kernels of its own. A provider that boots any
// kernel may be one too, for some selectors.
type Resolver interface {
	// Resolve names the kernels of a --kernel flag, as images whose files may
	// be missing, because the provider has them. mine is false for a selector
	// that is for the catalogue. An unknown one is a *kernel.SelectorError.
	Resolve(ctx context.Context, selector string) (images []kernel.Image, mine bool, err error)
}

// Kernels says which kernels a provider can run.
type Kernels int

const (
	AnyKernel     Kernels = iota // boots any kernel directly
	ImageKernels                 // only what its images carry
	RunningKernel                // only the kernel that is running
)

// Caps is what a provider can do, and how its machines differ from one that a lab has
// for itself.
type Caps struct {
	Kernels     Kernels
	Fork        bool    // machines can start from a snapshot
	Shared      bool    // machines run on a kernel that others use too: what a lab breaks is broken for them
	NoConsole   bool    // the console log is the agent's; no machine has the kernel's console
	Outlives    bool    // a machine may outlive the bpflab that started it; the provider is a Reaper
	Jobs        int     // machines at a time, where this host's cores and memory do not decide that; else 0
	MostMemory  int64   // bytes that a machine can have, 0 where the provider's host is not this one or cannot say
	LeastMemory int64   // bytes with which kernels boot; Start may give a machine a little more
	MostCPUs    int     // processors that a machine can have, 0 where the provider cannot say
	Accelerator string  // "kvm", "tcg", ""
	Fallback    string  // accelerator of machines with Spec.Emulate, where it differs and the user chose none; else ""
	Slowness    float64 // see Info
	Detail      string  // e.g. "QEMU 7.2.22"
}

// Spec asks for one machine.
type Spec struct {
	Kernel  kernel.Image
	Agent   string   // path of the static bpflab binary that serves as guest agent
	Busybox string   // path of a static one for a kernel of another architecture than this host's, else ""
	Memory  int64    // bytes, at least; 0 means the provider's default
	CPUs    int      // 0 means 1
	Modules []string // kernel modules the lab needs besides the provider's usual set
	LSM     string   // security module to have active, where the provider chooses the kernel's command line; "" for none
	Dir     string   // existing directory for the console log; never removed
	Cold    bool     // boot, do not fork
	Emulate bool     // have Caps.Fallback in place of Caps.Accelerator, where there is one
	Own     bool     // start a machine, and borrow none that waits
	Alike   int      // how many more machines like this one will be started, as far as is known
	Frugal  bool     // hold less of the host's memory, and be slower for it, where the provider can

	// Rootfs is a cpio archive that the kernel unpacks beside the agent's own files
	// (see package rootfs), "" for none. Only a provider that boots any kernel takes it.
	Rootfs string
}

// Memory of machines, in bytes.
const (
	// DefaultMemory is what a machine gets by default.
	DefaultMemory = 256 << 20
	// KernelMemory is what kernels need to boot: with less they die before they print
	// a line, or hang, as 6.1 does with 80 MiB. Less is refused.
	KernelMemory = 128 << 20
	// LeastMemory is what a machine gets at least, so that the agent's files fit beside
	// the kernel: a root file system takes half of what the kernel and the packed
	// archive leave, which is 29 MB of KernelMemory.
	LeastMemory = 160 << 20
)

// BootTimeout is how long a machine may take until its agent is ready for a
// snapshot, on a host as fast as usual (see Info.Limit). It is generous: many machines may share few cores.
const BootTimeout = 90 * time.Second

// ErrNoBoot is a machine that runs but never got to its agent.
var ErrNoBoot = errors.New("the machine hangs: its agent did not answer")

// StartError is a machine that did not come up.
type StartError struct {
	Provider string
	Err      error
	Hint     string // what the user can do, or ""
	Console  string // path of the console log of a guest that died before Start returned, or ""
	On       Hypervisor
	Where    string // the server or cluster member it was to be on, "" if that is this host or unknown
}

func (e *StartError) Error() string {
	if e.Hint == "" {
		return fmt.Sprintf("%s: %v", e.Provider, e.Err)
	}
	return fmt.Sprintf("%s: %v; %s", e.Provider, e.Err, e.Hint)
}

func (e *StartError) Unwrap() error { return e.Err }

// Reasons a machine died.
var (
	ErrPanic = errors.New("kernel panic")
	ErrGone  = errors.New("machine gone") // ended without a message
	// ErrReset is a machine that ended itself: its guest powered off, or was reset.
	ErrReset = fmt.Errorf("%w: the guest powered off, or reset itself", ErrGone)
	// ErrAgent means that bpflab's agent died in the machine, for lack of memory or by an
	// internal error, caused neither by the kernel nor by the command or lab.
	ErrAgent = errors.New("bpflab's agent in the machine died")
	// ErrMemory is a machine that has too little memory for what was asked of it.
	ErrMemory = errors.New("the machine has too little memory")
)

// Crash is a machine that died by itself.
type Crash struct {
	Reason error  // ErrPanic, ErrGone or ErrAgent, or wraps one
	Splat  string // the console's last words, from the first line of the panic or oops
}

func (c *Crash) Error() string {
	if c.Splat == "" {
		return c.Reason.Error()
	}
	first, _, _ := strings.Cut(c.Splat, "\n")
	return c.Reason.Error() + ": " + first
}

func (c *Crash) Unwrap() error { return c.Reason }

// UnsupportedError is a machine whose kernel cannot be booted as it is wanted: it lacks
// something. It is the same each time, so there is no use in another try.
type UnsupportedError struct{ Reason string }

func (e *UnsupportedError) Error() string { return e.Reason }

// Sized returns the spec with the memory that its kernel's variant asks for.
func (s Spec) Sized() Spec {
	if size := s.Kernel.Variant.Memory(); size > 0 {
		s.Memory = size
	}
	return s
}
