package guest

import (
	"context"
	"fmt"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/vms/wire"
)

// probe tries a generated program. An ordinary user may load one only where a
// setting of the kernel allows it, which is changed in no kernel that others use.
func (a *agent) probe(_ context.Context, args wire.Probe) (wire.ProbeResult, error) {
	if a.shared && args.User && !probe.UsersAllowed() {
		return wire.ProbeResult{}, refused(wire.OpProbe, "users may not load programs into this kernel, and others use it too, "+
			"so that is left as it is; `sysctl kernel.unprivileged_bpf_disabled=0` would allow it")
	}
	target, err := targetNamed(args.Type)
	if err != nil {
		return wire.ProbeResult{Errno: unix.ErrnoName(unix.ENOENT), Log: err.Error()}, nil
	}
	res, err := probe.Run(probe.Request{Kind: args.Kind, N: args.N, User: args.User, For: target})
	return wire.ProbeResult{Accepted: res.Accepted, Errno: res.Errno, Log: res.Log, Insns: res.Insns, Seconds: res.Seconds}, err
}

// targetNamed returns a type of program that is asked for helpers too, by its name. It is an
// error if the kernel's BTF lacks what such a program attaches to.
func targetNamed(name string) (probe.Target, error) {
	if name == "" {
		return probe.Target{}, nil
	}
	for _, t := range helperTargets {
		if t.String() != name {
			continue
		}
		kernel, err := btf.LoadKernelSpec()
		if err != nil {
			kernel = nil // it has no BTF
		}
		if found, ok := t.resolve(kernel); ok {
			return found, nil
		}
		return probe.Target{}, fmt.Errorf("the kernel's BTF has nothing that programs of type %s attach to", name)
	}
	return probe.Target{}, fmt.Errorf("no programs of type %q are known", name)
}
