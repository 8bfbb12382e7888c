package guest

import (
	"errors"
	"fmt"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/features"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/vms/wire"
)

// checkedAttachTypes are those that the kernel has looked at when a program is loaded
// for as long as it has them (bpf_prog_load_check_attach of kernel/bpf/syscall.c). A
// program that returns 1 may be loaded for all of them.
var checkedAttachTypes = map[ebpf.AttachType]ebpf.ProgramType{
	ebpf.AttachCGroupInetIngress: ebpf.CGroupSKB, ebpf.AttachCGroupInetEgress: ebpf.CGroupSKB,
	ebpf.AttachCGroupInetSockCreate: ebpf.CGroupSock, ebpf.AttachCgroupInetSockRelease: ebpf.CGroupSock,
	ebpf.AttachCGroupInet4PostBind: ebpf.CGroupSock, ebpf.AttachCGroupInet6PostBind: ebpf.CGroupSock,
	ebpf.AttachCGroupInet4Bind: ebpf.CGroupSockAddr, ebpf.AttachCGroupInet6Bind: ebpf.CGroupSockAddr,
	ebpf.AttachCGroupInet4Connect: ebpf.CGroupSockAddr, ebpf.AttachCGroupInet6Connect: ebpf.CGroupSockAddr,
	ebpf.AttachCGroupUDP4Sendmsg: ebpf.CGroupSockAddr, ebpf.AttachCGroupUDP6Sendmsg: ebpf.CGroupSockAddr,
	ebpf.AttachCGroupUDP4Recvmsg: ebpf.CGroupSockAddr, ebpf.AttachCGroupUDP6Recvmsg: ebpf.CGroupSockAddr,
	ebpf.AttachCgroupInet4GetPeername: ebpf.CGroupSockAddr, ebpf.AttachCgroupInet6GetPeername: ebpf.CGroupSockAddr,
	ebpf.AttachCgroupInet4GetSockname: ebpf.CGroupSockAddr, ebpf.AttachCgroupInet6GetSockname: ebpf.CGroupSockAddr,
	ebpf.AttachCgroupUnixConnect: ebpf.CGroupSockAddr, ebpf.AttachCgroupUnixSendmsg: ebpf.CGroupSockAddr,
	ebpf.AttachCgroupUnixRecvmsg: ebpf.CGroupSockAddr, ebpf.AttachCgroupUnixGetpeername: ebpf.CGroupSockAddr,
	ebpf.AttachCgroupUnixGetsockname: ebpf.CGroupSockAddr,
	ebpf.AttachCGroupGetsockopt:      ebpf.CGroupSockopt, ebpf.AttachCGroupSetsockopt: ebpf.CGroupSockopt,
	ebpf.AttachSkLookup: ebpf.SkLookup, ebpf.AttachNetfilter: ebpf.Netfilter,
}

// linkedAttachTypes are those that the kernel looks at when a link is made, by that.
var linkedAttachTypes = map[ebpf.AttachType]string{
	ebpf.AttachXDP: "xdp", ebpf.AttachTCXIngress: "tcx", ebpf.AttachPerfEvent: "perf_event",
	ebpf.AttachTraceKprobeMulti: "kprobe_multi", ebpf.AttachTraceKprobeSession: "kprobe_session", ebpf.AttachTraceUprobeMulti: "uprobe_multi",
}

// tracedTargets are attach types that need something of the kernel's to attach to,
// which its BTF must have.
var tracedTargets = []target{
	{kind: ebpf.Tracing, attach: ebpf.AttachTraceRawTp, to: &btf.Typedef{Name: "btf_trace_sched_switch"}},
	{kind: ebpf.Tracing, attach: ebpf.AttachTraceFEntry, to: &btf.Func{Name: "vfs_read"}},
	{kind: ebpf.Tracing, attach: ebpf.AttachTraceFExit, to: &btf.Func{Name: "vfs_read"}},
	{kind: ebpf.Tracing, attach: ebpf.AttachModifyReturn, to: &btf.Func{Name: "security_file_open"}},
	{kind: ebpf.Tracing, attach: ebpf.AttachTraceIter, to: &btf.Func{Name: "bpf_iter_bpf_map"}},
	{kind: ebpf.LSM, attach: ebpf.AttachLSMMac, to: &btf.Func{Name: "bpf_lsm_file_open"}},
	{kind: ebpf.LSM, attach: ebpf.AttachLSMCgroup, to: &btf.Func{Name: "bpf_lsm_socket_bind"}},
}

// returns returns a program that returns a number.
func returns(t ebpf.ProgramType, attach ebpf.AttachType, to string, n int32) *ebpf.ProgramSpec {
	return &ebpf.ProgramSpec{Type: t, AttachType: attach, AttachTo: to, License: "GPL",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, n), asm.Return()}}
}

func askAttachTypes(out *wire.FeaturesResult, kernel *btf.Spec) {
	for attach, t := range checkedAttachTypes {
		out.Add(wire.KindAttachType, attach.String(), wire.Answer{Supported: probe.Accepts(probe.Target{Type: uint32(t), Attach: uint32(attach)}, 1)})
	}
	for _, t := range tracedTargets {
		r, ok := t.resolve(kernel)
		out.Add(wire.KindAttachType, t.attach.String(), wire.Answer{Supported: ok && (probe.Accepts(r, 0) || probe.Accepts(r, 1))})
	}
}

// refusal makes an answer of what came of a load or an attachment: a kernel that
// cannot do it says so with any of several errors.
func refusal(err error) wire.Answer {
	if err == nil {
		return wire.Answer{Supported: true}
	}
	if errors.Is(err, unix.ENOMEM) || errors.Is(err, unix.EAGAIN) {
		return wire.Answer{Inconclusive: true, Note: err.Error()}
	}
	return wire.Answer{Note: err.Error()}
}

// links makes a link of each type.
var links = map[string]func() error{
	"cgroup":         cgroupLink,
	"iter":           iterLink,
	"netns":          netnsLink,
	"xdp":            xdpLink,
	"tcx":            tcxLink,
	"netfilter":      netfilterLink,
	"perf_event":     perfEventLink,
	"kprobe_multi":   features.HaveBPFLinkKprobeMulti,
	"kprobe_session": features.HaveBPFLinkKprobeSession,
	"uprobe_multi":   features.HaveBPFLinkUprobeMulti,
}

// askLinks makes links, which answers for their attach types too.
func askLinks(out *wire.FeaturesResult, kernel *btf.Spec) {
	answers := map[string]wire.Answer{"tracing_multi": refusal(tracingMultiLink(kernel))}
	for name, try := range links {
		answers[name] = refusal(try())
	}
	for name, answer := range answers {
		out.Add(wire.KindLinkType, name, answer)
	}
	for attach, name := range linkedAttachTypes {
		out.Add(wire.KindAttachType, attach.String(), answers[name])
	}
}

// tracingMultiLink links a program to a list of functions, in which there is one. The
// number of the attach type, which the library lacks, is the kernel's.
func tracingMultiLink(kernel *btf.Spec) error {
	var types *btf.Enum
	id, ok := functionID(kernel, "vfs_read")
	if !ok || kernel.TypeByName("bpf_attach_type", &types) != nil {
		return errors.New("the kernel's BTF does not name what it takes")
	}
	for _, v := range types.Values {
		if v.Name == "BPF_TRACE_FENTRY_MULTI" {
			if errno := probe.LinkTracing(uint32(v.Value), id); errno != 0 {
				return errno
			}
			return nil
		}
	}
	return errors.New("the kernel's BTF does not name BPF_TRACE_FENTRY_MULTI")
}

// linked loads a program, links it, and undoes both.
func linked(spec *ebpf.ProgramSpec, attach func(*ebpf.Program) (link.Link, error)) error {
	prog, err := ebpf.NewProgram(spec)
	if err != nil {
		return err
	}
	defer prog.Close()
	l, err := attach(prog)
	if err != nil {
		return err
	}
	return l.Close()
}

// raw links a program to what a descriptor or a number names.
func raw(target int, attach ebpf.AttachType) func(*ebpf.Program) (link.Link, error) {
	return func(p *ebpf.Program) (link.Link, error) {
		return link.AttachRawLink(link.RawLinkOptions{Target: target, Program: p, Attach: attach})
	}
}

func cgroupLink() error {
	dir, err := os.MkdirTemp("", "cgroup")
	if err != nil {
		return err
	}
	defer os.Remove(dir)
	if err := unix.Mount("none", dir, "cgroup2", 0, ""); err != nil {
		return err
	}
	defer unix.Unmount(dir, 0)
	group, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer group.Close()
	return linked(returns(ebpf.CGroupSKB, ebpf.AttachCGroupInetEgress, "", 1), raw(int(group.Fd()), ebpf.AttachCGroupInetEgress))
}

func iterLink() error {
	return linked(returns(ebpf.Tracing, ebpf.AttachTraceIter, "bpf_map", 0), func(p *ebpf.Program) (link.Link, error) {
		return link.AttachIter(link.IterOptions{Program: p})
	})
}

func netnsLink() error {
	ns, err := os.Open("/proc/self/ns/net")
	if err != nil {
		return err
	}
	defer ns.Close()
	return linked(returns(ebpf.FlowDissector, ebpf.AttachFlowDissector, "", 0), raw(int(ns.Fd()), ebpf.AttachFlowDissector))
}

// loopback returns the index of an interface that every network namespace has.
func loopback() int {
	lo, err := findDevice("lo")
	if err != nil {
		return 1
	}
	return lo.index
}

const xdpPass = 2

func xdpLink() error {
	return linked(returns(ebpf.XDP, ebpf.AttachXDP, "", xdpPass), raw(loopback(), ebpf.AttachXDP))
}

func tcxLink() error {
	return linked(returns(ebpf.SchedCLS, ebpf.AttachTCXIngress, "", 0), func(p *ebpf.Program) (link.Link, error) {
		return link.AttachTCX(link.TCXOptions{Interface: loopback(), Program: p, Attach: ebpf.AttachTCXIngress})
	})
}

func netfilterLink() error {
	return linked(returns(ebpf.Netfilter, ebpf.AttachNetfilter, "", 1), func(p *ebpf.Program) (link.Link, error) {
		return link.AttachNetfilter(link.NetfilterOptions{Program: p, ProtocolFamily: link.NetfilterProtoIPv4, Hook: link.NetfilterInetPreRouting})
	})
}

func perfEventLink() error {
	clock := unix.PerfEventAttr{Type: unix.PERF_TYPE_SOFTWARE, Config: unix.PERF_COUNT_SW_CPU_CLOCK, Sample: 1 << 30}
	clock.Size = unix.PERF_ATTR_SIZE_VER1
	event, err := unix.PerfEventOpen(&clock, -1, 0, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("open a perf event: %w", err)
	}
	defer unix.Close(event)
	return linked(returns(ebpf.PerfEvent, ebpf.AttachPerfEvent, "", 0), raw(event, ebpf.AttachPerfEvent))
}
