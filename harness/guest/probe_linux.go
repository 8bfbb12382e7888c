package guest

import (
	"context"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/harness/wire"
)

func runProbe(_ context.Context, args wire.Probe) (wire.ProbeResult, error) {
	res, err := probe.Run(args.Kind, args.N, args.User)
	return wire.ProbeResult{Accepted: res.Accepted, Errno: res.Errno, Log: res.Log, Insns: res.Insns, Seconds: res.Seconds}, err
}
