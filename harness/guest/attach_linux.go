package guest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

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
	closer, res, err := p.attach()
	if errors.As(err, &unattachable{}) {
		return res, &wire.Fault{Op: wire.OpAttach, Code: "unsupported", Msg: fmt.Sprintf("program %s: %s", args.Program, err)}
	}
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

	alone bool // its maps and what it is attached to are of no further use
}

// target returns the target that the lab gives, else that of the section.
func (p placement) target() (string, error) {
	if p.args.To != "" {
		return p.args.To, nil
	}
	if p.spec.AttachTo == "" {
		return "", unattachable{fmt.Sprintf("the section does not say where to attach; write it as SEC(\"%s/WHERE\"), or give `to:` in the lab", p.spec.SectionName)}
	}
	return p.spec.AttachTo, nil
}

// attach attaches the program as its type and section say.
func (p placement) attach() (io.Closer, wire.AttachResult, error) {
	how := attachers[p.spec.Type]
	if how == nil && p.alone {
		how = loneAttachers[p.spec.Type]
	}
	if how == nil {
		return nil, wire.AttachResult{}, unattachable{fmt.Sprintf("bpflab does not attach programs of type %s (section %q)", p.spec.Type, p.spec.SectionName)}
	}
	return how(p)
}

type attacher func(placement) (io.Closer, wire.AttachResult, error)

var attachers = map[ebpf.ProgramType]attacher{
	ebpf.Kprobe:        attachKprobe,
	ebpf.TracePoint:    attachTracepoint,
	ebpf.RawTracepoint: attachRawTracepoint, ebpf.RawTracepointWritable: attachRawTracepoint,
	ebpf.Tracing:      attachTracing,
	ebpf.LSM:          attachLSM,
	ebpf.XDP:          attachXDP,
	ebpf.SchedCLS:     attachTC,
	ebpf.SocketFilter: attachSocket,
	ebpf.PerfEvent:    attachPerf,
	ebpf.CGroupSKB:    attachCgroup, ebpf.CGroupSock: attachCgroup, ebpf.CGroupSockAddr: attachCgroup,
	ebpf.CGroupDevice: attachCgroup, ebpf.CGroupSysctl: attachCgroup, ebpf.CGroupSockopt: attachCgroup,
	ebpf.SockOps:  attachCgroup,
	ebpf.SkLookup: attachNetNs, ebpf.FlowDissector: attachNetNs,
	ebpf.Netfilter: attachNetfilter,
	ebpf.Syscall:   runOnce,
}

// loneAttachers attach to something that is made for it.
var loneAttachers = map[ebpf.ProgramType]attacher{ebpf.SkMsg: attachSockMap, ebpf.SkSKB: attachSockMap}

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

// mapIterators are the iterators over what is in one map.
var mapIterators = []string{"bpf_map_elem", "bpf_sk_storage_map", "sockmap"}

func attachTracing(p placement) (io.Closer, wire.AttachResult, error) {
	kind, _, _ := strings.Cut(p.spec.SectionName, "/")
	res := wire.AttachResult{Kind: kind, Target: p.spec.AttachTo}
	if p.spec.AttachType == ebpf.AttachTraceIter {
		if slices.Contains(mapIterators, p.spec.AttachTo) {
			return nil, res, unattachable{p.spec.SectionName + " goes over a map, which its own loader names"}
		}
		l, err := link.AttachIter(link.IterOptions{Program: p.prog})
		return l, res, err
	}
	l, err := link.AttachTracing(link.TracingOptions{Program: p.prog, AttachType: p.spec.AttachType})
	return l, res, err
}

func attachLSM(p placement) (io.Closer, wire.AttachResult, error) {
	l, err := link.AttachLSM(link.LSMOptions{Program: p.prog})
	return l, wire.AttachResult{Kind: "lsm", Target: p.spec.AttachTo}, err
}

// cgroupRoot is where the machine's cgroup2 hierarchy is.
const cgroupRoot = "/sys/fs/cgroup"

// onCgroup2 returns an error if the machine has another hierarchy of control groups there:
// the kernel then says EBADF, which explains nothing.
func onCgroup2(dir string) error {
	var at unix.Statfs_t
	if err := unix.Statfs(dir, &at); err != nil || at.Type == unix.CGROUP2_SUPER_MAGIC {
		return err
	}
	return fmt.Errorf("%s has no cgroup2, and the kernel attaches programs to control groups of no other kind", dir)
}

// attachCgroup attaches to the root of the hierarchy, or to the cgroup that `to:`
// names, which is made if it is not there and then goes with the attachment.
func attachCgroup(p placement) (io.Closer, wire.AttachResult, error) {
	path := cgroupRoot
	if p.args.To != "" {
		path = p.args.To
	}
	res := wire.AttachResult{Kind: "cgroup", Target: path}
	if err := onCgroup2(cgroupRoot); err != nil {
		return nil, res, err
	}
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
