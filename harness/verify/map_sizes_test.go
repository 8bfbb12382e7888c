package verify

import (
	"strings"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/libbpf"
	"github.com/bpflab/bpflab/vms/kernel"
)

// A map that no kernel creates is explained by its type and sizes; one that is right, or
// whose type the kernel does not have, is not.
func TestWrongMap(t *testing.T) {
	for _, c := range []struct {
		kind    ebpf.MapType
		spec    libbpf.MapSpec
		version kernel.Version
		code    string
		says    string
	}{
		{ebpf.RingBuf, libbpf.MapSpec{Value: 40, Entries: 4096}, kernel.Version{Major: 6, Minor: 12}, "map", "neither keys nor values"},
		{ebpf.RingBuf, libbpf.MapSpec{Value: 40, Entries: 4096}, kernel.Version{Major: 5, Minor: 4}, "map_type", "from 5.8 on"},
		{ebpf.RingBuf, libbpf.MapSpec{Entries: 5}, kernel.Version{Major: 6, Minor: 12}, "map", "failed to create"},
		{ebpf.PerfEventArray, libbpf.MapSpec{Key: 4, Value: 88, Entries: 2}, kernel.Version{Major: 6, Minor: 12}, "map", "values of 88"},
		{ebpf.PerfEventArray, libbpf.MapSpec{Key: 4, Value: 4}, kernel.Version{Major: 6, Minor: 12}, "map", "no max_entries"},
		{ebpf.Array, libbpf.MapSpec{Key: 8, Value: 8, Entries: 2}, kernel.Version{Major: 6, Minor: 12}, "map", "keys of 8"},
		{ebpf.LPMTrie, libbpf.MapSpec{Key: 8, Value: 8, Entries: 2}, kernel.Version{Major: 6, Minor: 12}, "map", "BPF_F_NO_PREALLOC"},
		{ebpf.LPMTrie, libbpf.MapSpec{Key: 8, Value: 8, Entries: 2, Flags: 1}, kernel.Version{Major: 6, Minor: 12}, "map", "failed to create"},
		{ebpf.BloomFilter, libbpf.MapSpec{Key: 4, Value: 8, Entries: 2}, kernel.Version{Major: 6, Minor: 12}, "map", "keys of 4"},
		{ebpf.Hash, libbpf.MapSpec{Key: 4, Entries: 2}, kernel.Version{Major: 6, Minor: 12}, "map", "no size"},
	} {
		c.spec.MapType = uint32(c.kind)
		answer := libbpf.Answer{Stage: libbpf.StageMap, Errno: "EINVAL", Map: "events", MapSpec: c.spec,
			Messages: "libbpf: map 'events': failed to create: Invalid argument(-22)\n"}
		r := &Result{Errno: "EINVAL", refused: c.spec}
		r.Stage, r.Verdict, r.Reason = refusal(answer)
		(&failure{Result: r, version: c.version}).explain()
		if r.Reason.Code != c.code || !strings.Contains(r.Reason.Text, c.says) || !strings.Contains(r.Reason.Text, "events") {
			t.Errorf("%s %+v on %v is %s: %s, want %s with %q", c.kind, c.spec, c.version, r.Reason.Code, r.Reason.Text, c.code, c.says)
		}
	}
}
