package guest

import (
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/vms/wire"
)

// lastHelper is the last one: Linux has only kernel functions since.
const lastHelper = asm.FnCgrpStorageDelete

// target is a kind of program that helpers are asked for. cilium/ebpf's own
// question is not asked: it knows how to do without some helpers, and says yes.
type target struct {
	name   string
	kind   ebpf.ProgramType
	attach ebpf.AttachType
	flags  uint32
	to     btf.Type // what in the kernel's BTF it attaches to, by name; or nil
}

// helperTargets are those. struct_ops programs are not among them: they need a map.
var helperTargets = []target{
	{kind: ebpf.SocketFilter}, {kind: ebpf.Kprobe}, {kind: ebpf.TracePoint}, {kind: ebpf.RawTracepoint}, {kind: ebpf.PerfEvent},
	{kind: ebpf.SchedCLS}, {kind: ebpf.XDP}, {kind: ebpf.CGroupSKB}, {kind: ebpf.CGroupSock}, {kind: ebpf.CGroupDevice},
	{kind: ebpf.CGroupSockAddr, attach: ebpf.AttachCGroupInet4Connect}, {kind: ebpf.CGroupSysctl},
	{kind: ebpf.CGroupSockopt, attach: ebpf.AttachCGroupGetsockopt}, {kind: ebpf.SockOps}, {kind: ebpf.SkSKB}, {kind: ebpf.SkMsg},
	{kind: ebpf.SkReuseport}, {kind: ebpf.SkLookup, attach: ebpf.AttachSkLookup}, {kind: ebpf.FlowDissector}, {kind: ebpf.LWTIn},
	{kind: ebpf.LWTXmit}, {kind: ebpf.LWTSeg6Local}, {kind: ebpf.LircMode2}, {kind: ebpf.Netfilter, attach: ebpf.AttachNetfilter},
	{kind: ebpf.Syscall, flags: unix.BPF_F_SLEEPABLE},
	{name: "fentry", kind: ebpf.Tracing, attach: ebpf.AttachTraceFEntry, to: &btf.Func{Name: "vfs_read"}},
	{name: "fexit", kind: ebpf.Tracing, attach: ebpf.AttachTraceFExit, to: &btf.Func{Name: "vfs_read"}},
	{name: "tp_btf", kind: ebpf.Tracing, attach: ebpf.AttachTraceRawTp, to: &btf.Typedef{Name: "btf_trace_sched_switch"}},
	{name: "iter", kind: ebpf.Tracing, attach: ebpf.AttachTraceIter, to: &btf.Func{Name: "bpf_iter_bpf_map"}},
	{kind: ebpf.LSM, attach: ebpf.AttachLSMMac, to: &btf.Func{Name: "bpf_lsm_file_open"}},
	{name: "LSM that sleeps", kind: ebpf.LSM, attach: ebpf.AttachLSMMac, flags: unix.BPF_F_SLEEPABLE, to: &btf.Func{Name: "bpf_lsm_bprm_committed_creds"}},
	{name: "LSM at exec", kind: ebpf.LSM, attach: ebpf.AttachLSMMac, to: &btf.Func{Name: "bpf_lsm_bprm_committed_creds"}},
}

func (t target) String() string {
	if t.name != "" {
		return t.name
	}
	return t.kind.String()
}

// resolve looks up what the target attaches to; false if the kernel lacks that.
func (t target) resolve(kernel *btf.Spec) (probe.Target, bool) {
	out := probe.Target{Type: uint32(t.kind), Attach: uint32(t.attach), Flags: t.flags}
	if t.to == nil {
		return out, true
	}
	if kernel == nil {
		return out, false
	}
	found, err := kernel.AnyTypesByName(t.to.TypeName())
	if err != nil {
		return out, false
	}
	for _, one := range found {
		_, wanted := t.to.(*btf.Func)
		if _, is := one.(*btf.Func); is != wanted {
			continue
		}
		id, err := kernel.TypeID(one)
		out.BTF = uint32(id)
		return out, err == nil
	}
	return out, false
}

// targetsOf returns the targets that the kernel has. Without BTF it has some of them
// only, and kernel is nil.
func targetsOf(kernel *btf.Spec) map[string]probe.Target {
	out := map[string]probe.Target{}
	for _, t := range helperTargets {
		if r, ok := t.resolve(kernel); ok && probe.Accepts(r, 0) {
			out[t.String()] = r
		}
	}
	return out
}

// askHelpers asks for each helper with each target.
func askHelpers(out *wire.FeaturesResult, targets map[string]probe.Target) {
	for fn := asm.FnMapLookupElem; fn <= lastHelper; fn++ {
		if !slices.Contains(structOpsHelpers, fn) {
			out.Add(wire.KindHelper, strings.TrimPrefix(fn.String(), "Fn"),
				byTarget(targets, func(t probe.Target) bool { return probe.HasHelper(t, int32(fn)) }))
		}
	}
}

// structOpsHelpers are for struct_ops programs alone, which are not asked.
var structOpsHelpers = []asm.BuiltinFunc{asm.FnTcpSendAck}

// byTarget notes the targets for which a question is answered with yes.
func byTarget(targets map[string]probe.Target, has func(probe.Target) bool) wire.Answer {
	var have []string
	for name, t := range targets {
		if has(t) {
			have = append(have, name)
		}
	}
	slices.Sort(have)
	return wire.Answer{Supported: len(have) > 0, Note: strings.Join(have, ", ")}
}
