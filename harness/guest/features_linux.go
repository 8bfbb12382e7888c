package guest

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/features"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/vms/wire"
)

// The last of each kind that cilium/ebpf knows. What a kernel has beyond is asked for if
// its BTF names it.
const (
	lastProgramType = ebpf.Netfilter
	lastMapType     = ebpf.Arena
)

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
	kernel, err := btf.LoadKernelSpec()
	if err != nil {
		kernel = nil // it has no BTF
	}
	targets := targetsOf(kernel)
	askHelpers(&out, targets)
	askAttachTypes(&out, kernel)
	askLinks(&out, kernel)
	askBTF(&out)
	askKfuncs(&out, kernel, targets)
	for name, have := range instructions {
		out.Add(wire.KindInstructions, name, answerOf(have()))
	}
	for name, has := range probe.Instructions() {
		out.Add(wire.KindInstructions, name, wire.Answer{Supported: has})
	}
	askNamed(&out, kernel)
	for name, path := range files {
		_, err := os.Stat(path)
		out.Add(wire.KindKernel, name, wire.Answer{Supported: err == nil})
	}
	out.Add(wire.KindKernel, "JIT", wire.Answer{Supported: compiles()})
	return out, nil
}

// compiles reports whether the kernel's JIT compiles programs (bpf_jit_enable of
// net/core/sysctl_net_core.c).
func compiles() bool {
	mode, err := os.ReadFile("/proc/sys/net/core/bpf_jit_enable")
	return err == nil && strings.TrimSpace(string(mode)) != "0"
}

// answerOf makes an answer of what cilium/ebpf returns.
func answerOf(err error) wire.Answer {
	switch {
	case err == nil:
		return wire.Answer{Supported: true}
	case errors.Is(err, ebpf.ErrNotSupported):
		return wire.Answer{}
	}
	return wire.Answer{Inconclusive: true, Note: err.Error()}
}

// instructions are what the verifier takes besides.
var instructions = map[string]func() error{
	"a million instructions": features.HaveLargeInstructions,
	"bounded loops":          features.HaveBoundedLoops,
	"ISA v2":                 features.HaveV2ISA,
	"ISA v3":                 features.HaveV3ISA,
}

// files are there where a kernel has the feature.
var files = map[string]string{
	"BTF":              "/sys/kernel/btf/vmlinux",
	"run time stats":   "/proc/sys/kernel/bpf_stats_enabled",
	"unprivileged bpf": "/proc/sys/kernel/unprivileged_bpf_disabled",
}
