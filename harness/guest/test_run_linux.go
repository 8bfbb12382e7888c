package guest

import (
	"context"
	"errors"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/vms/wire"
)

// roomToGrow is by how many bytes a program may make a packet longer. Kernels before 5.0
// write past a buffer that is too small.
const roomToGrow = 8 << 10

// testRun runs a loaded program on data.
func (a *agent) testRun(_ context.Context, args wire.TestRun) (wire.TestRunResult, error) {
	a.loaded.mu.Lock()
	defer a.loaded.mu.Unlock()
	program := a.loaded.programs[args.Program]
	if program == nil {
		return wire.TestRunResult{}, fmt.Errorf("no program %q is loaded", args.Program)
	}
	options := ebpf.RunOptions{Data: args.Data, Repeat: uint32(args.Repeat)}
	if len(args.Data) > 0 {
		options.DataOut = make([]byte, len(args.Data)+roomToGrow)
	}
	returned, err := program.Run(&options)
	if err != nil {
		return wire.TestRunResult{Error: err.Error(), Errno: errnoName(err), Lacking: errors.Is(err, ebpf.ErrNotSupported)}, nil
	}
	return wire.TestRunResult{Returned: returned, Out: options.DataOut}, nil
}
