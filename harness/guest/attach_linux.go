package guest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"github.com/bpflab/bpflab/vms/wire"
)

// attach attaches a loaded program where its section says, or args.To.
func (a *agent) attach(_ context.Context, args wire.Attach) (wire.AttachResult, error) {
	a.loaded.mu.Lock()
	defer a.loaded.mu.Unlock()
	prog := a.loaded.programs[args.Program]
	if prog == nil {
		return wire.AttachResult{}, fmt.Errorf("program %q is not loaded", args.Program)
	}
	p := placement{prog: prog, spec: a.loaded.spec.Programs[args.Program], args: args, net: &a.net}
	how := attachers[p.spec.Type]
	if how == nil {
		return wire.AttachResult{}, &wire.Fault{Op: wire.OpAttach, Code: "unsupported",
			Msg: fmt.Sprintf("program %s: bpflab does not attach programs of type %s (section %q)", args.Program, p.spec.Type, p.spec.SectionName)}
	}
	closer, res, err := how(p)
	if err != nil {
		return res, fmt.Errorf("program %s (section %q): %w", args.Program, p.spec.SectionName, err)
	}
	a.loaded.attached(closer)
	return res, nil
}

// placement is a program on its way to where it is attached.
type placement struct {
	prog *ebpf.Program
	spec *ebpf.ProgramSpec
	args wire.Attach
	net  *network
}

// target returns the target that the lab gives, else that of the section.
func (p placement) target() (string, error) {
	if p.args.To != "" {
		return p.args.To, nil
	}
	if p.spec.AttachTo == "" {
		return "", fmt.Errorf("the section does not say where to attach; write it as SEC(\"%s/WHERE\"), or give `to:` in the lab", p.spec.SectionName)
	}
	return p.spec.AttachTo, nil
}

type attacher func(placement) (io.Closer, wire.AttachResult, error)

var attachers = map[ebpf.ProgramType]attacher{
	ebpf.Kprobe:        attachKprobe,
	ebpf.TracePoint:    attachTracepoint,
	ebpf.RawTracepoint: attachRawTracepoint,
	ebpf.Tracing:       attachTracing,
	ebpf.LSM:           attachLSM,
	ebpf.XDP:           attachXDP,
	ebpf.SchedCLS:      attachTC,
	ebpf.SocketFilter:  attachSocket,
	ebpf.PerfEvent:     attachPerf,
	ebpf.CGroupSKB:     attachCgroup, ebpf.CGroupSock: attachCgroup, ebpf.CGroupSockAddr: attachCgroup,
	ebpf.CGroupDevice: attachCgroup, ebpf.CGroupSysctl: attachCgroup, ebpf.CGroupSockopt: attachCgroup,
	ebpf.SockOps: attachCgroup,
}

func attachKprobe(p placement) (io.Closer, wire.AttachResult, error) {
	symbol, err := p.target()
	if err != nil {
		return nil, wire.AttachResult{}, err
	}
	kind, place := "kprobe", link.Kprobe
	switch section, _, _ := strings.Cut(p.spec.SectionName, "/"); section {
	case "kprobe":
	case "kretprobe":
		kind, place = "kretprobe", link.Kretprobe
	case "uprobe", "uretprobe":
		return attachUprobe(p, section, symbol)
	default:
		return nil, wire.AttachResult{}, fmt.Errorf("bpflab does not attach %s programs", section)
	}
	l, err := place(symbol, p.prog, nil)
	return l, wire.AttachResult{Kind: kind, Target: symbol}, err
}

// attachUprobe attaches to a function of a program: "/bin/bank:withdraw".
func attachUprobe(p placement, kind, to string) (io.Closer, wire.AttachResult, error) {
	res := wire.AttachResult{Kind: kind, Target: to}
	file, symbol, ok := strings.Cut(to, ":")
	if !ok {
		return nil, res, fmt.Errorf("a %s is at FILE:FUNCTION, not %q", kind, to)
	}
	executable, err := link.OpenExecutable(file)
	if err != nil {
		return nil, res, err
	}
	place := executable.Uprobe
	if kind == "uretprobe" {
		place = executable.Uretprobe
	}
	l, err := place(symbol, p.prog, nil)
	return l, res, err
}

func attachTracepoint(p placement) (io.Closer, wire.AttachResult, error) {
	to, err := p.target()
	if err != nil {
		return nil, wire.AttachResult{}, err
	}
	group, name, ok := strings.Cut(strings.ReplaceAll(to, ":", "/"), "/")
	if !ok {
		return nil, wire.AttachResult{}, fmt.Errorf("a tracepoint is group/name, not %q", to)
	}
	l, err := link.Tracepoint(group, name, p.prog, nil)
	return l, wire.AttachResult{Kind: "tracepoint", Target: group + "/" + name}, err
}

func attachRawTracepoint(p placement) (io.Closer, wire.AttachResult, error) {
	name, err := p.target()
	if err != nil {
		return nil, wire.AttachResult{}, err
	}
	l, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: name, Program: p.prog})
	return l, wire.AttachResult{Kind: "raw_tracepoint", Target: name}, err
}

func attachTracing(p placement) (io.Closer, wire.AttachResult, error) {
	l, err := link.AttachTracing(link.TracingOptions{Program: p.prog, AttachType: p.spec.AttachType})
	kind, _, _ := strings.Cut(p.spec.SectionName, "/")
	return l, wire.AttachResult{Kind: kind, Target: p.spec.AttachTo}, err
}

func attachLSM(p placement) (io.Closer, wire.AttachResult, error) {
	l, err := link.AttachLSM(link.LSMOptions{Program: p.prog})
	return l, wire.AttachResult{Kind: "lsm", Target: p.spec.AttachTo}, err
}

// cgroupRoot is where the machine's cgroup2 hierarchy is.
const cgroupRoot = "/sys/fs/cgroup"

// attachCgroup attaches to the root of the hierarchy, or to the cgroup that `to:`
// names, which is made if it is not there and then goes with the attachment.
func attachCgroup(p placement) (io.Closer, wire.AttachResult, error) {
	path := cgroupRoot
	if p.args.To != "" {
		path = p.args.To
	}
	res := wire.AttachResult{Kind: "cgroup", Target: path}
	made := os.Mkdir(path, 0o755) == nil
	l, err := link.AttachCgroup(link.CgroupOptions{Path: path, Attach: p.spec.AttachType, Program: p.prog})
	if !made {
		return l, res, err
	}
	if err != nil {
		return nil, res, errors.Join(err, os.Remove(path))
	}
	return closeFunc(func() error { return errors.Join(l.Close(), os.Remove(path)) }), res, nil
}
