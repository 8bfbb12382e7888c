package session

import (
	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/wire"
)

// observation is everything seen in one step; checks judge it and nothing else.
type observation struct {
	spec     *ebpf.CollectionSpec // of the step's object; its BTF explains maps and events
	programs []wire.Program
	probes   []probed
	sent     map[int]wire.SendResult // by port
	stdout   string
	stderr   string
	exit     int
	ran      bool // commands were run
	trace    wire.TraceResult
	maps     map[string]wire.MapResult
	events   map[string]wire.EventsResult
	tests    map[*lab.TestRun]tested
	runs     []verdict.RunTime
	noRuns   string // why runs are not counted
	notes    []string
}

// probed is a verifier experiment and the kernel's answer.
type probed struct {
	probe  lab.Probe
	result wire.ProbeResult
}
