package guest

import (
	"context"

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
	res, err := probe.Run(probe.Request{Kind: args.Kind, N: args.N, User: args.User})
	return wire.ProbeResult{Accepted: res.Accepted, Errno: res.Errno, Log: res.Log, Insns: res.Insns, Seconds: res.Seconds}, err
}
