//go:build linux

package qemu

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/console"
	"github.com/bpflab/bpflab/vms/initramfs"
	"github.com/bpflab/bpflab/vms/install"
)

// mostCPUs returns how many processors a machine can have. They may be more than
// the host's, and take turns on them: emulated on two, 6.12 boots with 16 in a quarter
// of a minute, and with 64 does not get to its agent in vms.BootTimeout.
func mostCPUs() int { return min(64, 8*runtime.NumCPU()) }

// usualModules are loaded where the kernel has them: labs with packets need
// most, the agent's port the last two.
var usualModules = []string{"veth", "dummy", "sch_ingress", "cls_bpf", "act_bpf", "virtio_pci", "virtio_console"}

// Start forks a machine from a template, which it makes if there is none, or boots one if
// that is wanted or forking is not possible here. It returns once QEMU runs and answers:
// the guest is booting then, or its agent is ready for a snapshot. What a machine is booted from is
// checked meanwhile, and made again if it is damaged; the machine's notes say so. The
// machine ends with ctx.
func (p *Provider) Start(ctx context.Context, want vms.Spec) (vms.Machine, error) {
	var notes []string
	for renewed := 0; ; renewed++ {
		m, s, err := p.start(ctx, want)
		if errors.Is(err, errReplaced) && renewed < renewals {
			continue
		}
		var damaged *unsoundError
		if errors.As(err, &damaged) && renewed < renewals && ctx.Err() == nil {
			var note string
			if want, note, err = p.renew(ctx, want, damaged); err == nil {
				notes = append(notes, note)
				continue
			}
		}
		if err != nil {
			return nil, on(p.hypervisor(s), failed(err))
		}
		m.About.Notes = append(notes, m.About.Notes...)
		m.About.Hypervisor = p.hypervisor(s)
		m.CloseWith(ctx)
		return m, nil
	}
}

// start starts a machine once. s is what it is made of, as far as that was found out.
func (p *Provider) start(ctx context.Context, want vms.Spec) (m *machine, s spec, err error) {
	s, note, err := p.spec(ctx, want)
	if err != nil {
		return nil, s, err
	}
	switch {
	case want.Cold || s.kernel.SHA256 == "":
		m, err = p.boot(ctx, s, want.Dir)
	default:
		if m = p.borrow(s, want); m == nil {
			m = p.copyOfZygote(ctx, s, want.Alike, want.Dir)
		}
		if m == nil {
			m, err = p.forkOrBoot(ctx, s, want.Dir)
		}
	}
	if err == nil && note != "" {
		m.About.Notes = append([]string{note}, m.About.Notes...)
	}
	return m, s, err
}

// spec returns what a wanted machine is made of; note says which of it was damaged and
// made again.
func (p *Provider) spec(ctx context.Context, want vms.Spec) (s spec, note string, err error) {
	caps, qemu, err := p.look(ctx, want.Kernel.Arch.OrDefault())
	if err != nil {
		return spec{}, "", err
	}
	s = spec{kernel: want.Kernel, memory: platformOf(want.Kernel.Arch).memory(want.Memory), cpus: max(1, want.CPUs), accel: accelOf(caps, want), lsm: want.LSM, frugal: want.Frugal, qemu: qemu, starter: starterOf(qemu, want.Frugal), slowness: caps.Slowness}
	if err := caps.Fits(s.memory, s.cpus); err != nil {
		return s, "", failed(err)
	}
	if s.boot() == "" {
		return s, "", failed(fmt.Errorf("kernel %s has no file to boot", want.Kernel.Selector))
	}
	if err := fitsAgent(want); err != nil {
		return s, "", failed(err)
	}
	s.initrd, note, err = p.initramfs(ctx, want)
	return s, note, err
}

// fitsAgent returns an error if the agent is for another architecture than the kernel: that
// would panic after a minute, for want of an init that it can execute.
func fitsAgent(want vms.Spec) error {
	machine, err := initramfs.Machine(want.Agent)
	if err != nil {
		return err
	}
	arch := want.Kernel.Arch.OrDefault()
	if wanted := platformOf(arch).elf; machine != elf.EM_NONE && machine != wanted {
		return fmt.Errorf("kernel %s is for %s, and the agent is for %s", want.Kernel.Selector, arch, machineName(machine))
	}
	return nil
}

// machineName returns the architecture of programs for a machine.
func machineName(m elf.Machine) string {
	for arch, p := range platforms {
		if p.elf == m {
			return string(arch)
		}
	}
	return m.String()
}

func (p *Provider) boot(ctx context.Context, s spec, dir string) (*machine, error) {
	return p.checked(ctx, s, func() (*machine, error) {
		return s.launch(ctx, arguments(s), filepath.Join(dir, consoleLog))
	})
}

const consoleLog = "console.log"

// memory returns what a machine gets.
func (p *platform) memory(wanted int64) int64 {
	size := max(wanted, vms.LeastMemory)
	if wanted == 0 {
		size = vms.DefaultMemory
	}
	if over := size % max(1, p.memoryUnit); over > 0 {
		size += p.memoryUnit - over
	}
	return size
}

// initramfs returns the file of the machine's initial file system, and a note if it was
// damaged and made again. A damaged kernel is an *unsoundError.
func (p *Provider) initramfs(ctx context.Context, want vms.Spec) (file, note string, err error) {
	file, note, err = p.archives.File(ctx, initramfs.Options{
		Agent: want.Agent, Busybox: want.Busybox, Foreign: want.Busybox != "", Modules: want.Kernel.Modules, ModulesDigest: want.Kernel.SHA256,
		Release: want.Kernel.Uname(), Wanted: usualModules, Needed: want.Modules, Config: want.Kernel.Config, Rootfs: want.Rootfs,
		CheckKernel: func(ctx context.Context) error {
			return checkKernel(ctx, want.Kernel, want.Kernel.Modules, want.Kernel.Config)
		},
	})
	if errors.Is(err, initramfs.ErrNoBusybox) {
		return "", "", failed(err, install.Busybox)
	}
	if err != nil {
		return "", "", failed(err)
	}
	return file, note, nil
}

// launch starts QEMU with files from fdMemory on.
func (s spec) launch(ctx context.Context, args []string, log string, files ...*os.File) (*machine, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m, control, err := s.begin(log, func(m *machine, guest []*os.File) error {
		return m.run(s, args, append(guest, files...))
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.qemu.path, err)
	}
	return m, explain(s.qemu.path, m.greet(ctx, control))
}

// begin starts a process by run, which it gives one end of four socket pairs, and returns
// its control connection; nothing of a machine has a name on the host but its console log.
// Without a name for that, the console is not read.
func (s spec) begin(log string, run func(m *machine, guest []*os.File) error) (*machine, net.Conn, error) {
	w, err := openChardevs()
	if err != nil {
		return nil, nil, err
	}
	defer w.closeGuest()
	m, err := s.newMachine(w, log)
	if err != nil {
		w.closeHost()
		return nil, nil, err
	}
	if err := run(m, w.guest[:]); err != nil {
		w.closeGuest() // the console's other end, too
		w.closeHost()
		m.consoleEnd()
		return nil, nil, err
	}
	return m, w.host[2], nil
}

// newMachine returns a machine whose process is still to be started.
func (s spec) newMachine(w *chardevs, log string) (m *machine, err error) {
	m = &machine{stream: w.host[1], port: w.host[3],
		opened: make(chan struct{}), resumed: make(chan struct{}), migrated: make(chan string, 16)}
	m.Base = vms.NewBase(vms.Info{Console: log, StartKind: "boot", Started: time.Now(), Slowness: s.slowness}, m.kill)
	if log == "" {
		m.unread = w.host[0]
		return m, nil
	}
	m.console, err = console.Keep(w.host[0], log)
	return m, err
}

// lacks are what QEMU says of a part that it was built without.
var lacks = []string{"unsupported machine type", "is not a valid device model name", "invalid accelerator", "unable to find CPU model"}

// explain returns an error of a QEMU that does not begin, with what can be done about it.
func explain(binary string, err error) error {
	if errors.Is(err, errNoAnswer) {
		return fmt.Errorf("%s: %w", binary, err)
	}
	var ended *exitError
	if !errors.As(err, &ended) {
		return err
	}
	for line := range strings.SplitSeq(ended.text, "; ") {
		if slices.ContainsFunc(lacks, func(text string) bool { return strings.Contains(line, text) }) {
			return failed(fmt.Errorf("%s is not the full emulator: %s", binary, line), toolOf(binary))
		}
	}
	return fmt.Errorf("%s does not start a machine: %w", binary, err)
}

// greetLimit is how long QEMU may take to begin. It needs some tens of milliseconds.
// It is shorter in tests.
var greetLimit = 30 * time.Second

// errNoAnswer is a QEMU that runs and does nothing; others of it would not do more.
var errNoAnswer = errors.New("QEMU was started and does not answer")

// greet opens the control connection. A machine that cannot do that is closed,
// and the error is what QEMU says.
func (m *machine) greet(ctx context.Context, conn net.Conn) error {
	limited, cancel := context.WithTimeoutCause(ctx, m.About.Limit(greetLimit), errNoAnswer)
	defer cancel()
	c, err := openControl(limited, conn, m.heard)
	m.control = c
	close(m.opened)
	if err == nil {
		m.process = lastDescendant(m.process)
		return nil
	}
	if ctx.Err() == nil {
		err = m.inItsWords(err)
	}
	m.Close()
	return err
}
