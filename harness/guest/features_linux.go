package guest

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/features"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/harness/wire"
)

// The last of each kind that cilium/ebpf knows. What a kernel has beyond is not
// asked for.
const (
	lastProgramType = ebpf.Netfilter
	lastMapType     = ebpf.Arena
	lastHelper      = asm.FnCgrpStorageDelete
)

// helperTypes are the program types that helpers are asked for. cilium/ebpf's own
// question is not asked: it knows how to do without some helpers, and says yes.
var helperTypes = map[ebpf.ProgramType]ebpf.AttachType{
	ebpf.SocketFilter: 0, ebpf.TracePoint: 0, ebpf.PerfEvent: 0, ebpf.SchedCLS: 0, ebpf.XDP: 0, ebpf.CGroupSKB: 0, ebpf.CGroupSock: 0,
	ebpf.CGroupSockAddr: ebpf.AttachCGroupInet4Connect, ebpf.SockOps: 0, ebpf.SkSKB: 0, ebpf.SkMsg: 0, ebpf.LWTXmit: 0,
	ebpf.LWTSeg6Local: 0, ebpf.SkReuseport: 0, ebpf.CGroupSysctl: 0,
}

// features asks the kernel what it has.
func (a *agent) features(context.Context, none) (wire.FeaturesResult, error) {
	var out wire.FeaturesResult
	if err := probe.LiftMemlock(); err != nil {
		return out, err
	}
	for t := ebpf.SocketFilter; t <= lastProgramType; t++ {
		out.Add(wire.KindProgramType, t.String(), answerOf(features.HaveProgramType(t)))
	}
	for t := ebpf.Hash; t <= lastMapType; t++ {
		out.Add(wire.KindMapType, t.String(), answerOf(features.HaveMapType(t)))
	}
	for fn := asm.FnMapLookupElem; fn <= lastHelper; fn++ {
		out.Add(wire.KindHelper, strings.TrimPrefix(fn.String(), "Fn"), helper(fn))
	}
	for name, have := range instructions {
		out.Add(wire.KindInstructions, name, answerOf(have()))
	}
	for name, path := range files {
		_, err := os.Stat(path)
		out.Add(wire.KindKernel, name, wire.Answer{Supported: err == nil})
	}
	slices.SortFunc(out.Features, wire.Feature.Compare)
	return out, nil
}

// helper asks for a helper with each program type, and notes those that have it.
func helper(fn asm.BuiltinFunc) wire.Answer {
	var have []string
	for t, attach := range helperTypes {
		if ok, err := probe.HasHelper(uint32(t), uint32(attach), int32(fn)); ok && err == nil {
			have = append(have, t.String())
		}
	}
	slices.Sort(have)
	return wire.Answer{Supported: len(have) > 0, Note: strings.Join(have, ", ")}
}

// answerOf makes an answer of what cilium/ebpf returns.
func answerOf(err error) wire.Answer {
	switch {
	case err == nil:
		return wire.Answer{Supported: true}
	case errors.Is(err, ebpf.ErrNotSupported):
		return wire.Answer{}
	}
	return wire.Answer{Unsure: true, Note: err.Error()}
}

// instructions are what the verifier takes besides.
var instructions = map[string]func() error{
	"a million instructions": features.HaveLargeInstructions,
	"bounded loops":          features.HaveBoundedLoops,
	"ISA v2":                 features.HaveV2ISA,
	"ISA v3":                 features.HaveV3ISA,
	"kprobe multi link":      features.HaveBPFLinkKprobeMulti,
	"kprobe session link":    features.HaveBPFLinkKprobeSession,
	"uprobe multi link":      features.HaveBPFLinkUprobeMulti,
}

// files are there where a kernel has the feature.
var files = map[string]string{
	"BTF":              "/sys/kernel/btf/vmlinux",
	"JIT":              "/proc/sys/net/core/bpf_jit_enable",
	"run time stats":   "/proc/sys/kernel/bpf_stats_enabled",
	"unprivileged bpf": "/proc/sys/kernel/unprivileged_bpf_disabled",
}
