package session

import (
	"testing"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/lab"
)

func TestGoesSomewhere(t *testing.T) {
	spec := &ebpf.CollectionSpec{Maps: map[string]*ebpf.MapSpec{
		"names": {Type: ebpf.Hash, Contents: []ebpf.MapKV{{Key: uint32(0), Value: "entry"}}},
		"jumps": {Type: ebpf.ProgramArray, Contents: []ebpf.MapKV{
			{Key: uint32(17), Value: "udp"}, {Key: uint32(6), Value: "loop"}}},
	}}
	def := lab.Step{}
	def.Attach = []lab.Attach{{Program: "loop", To: "server"}, {Program: "other", None: true}}
	st := &step{def: def, seen: observation{spec: spec}}
	for program, want := range map[string]bool{"entry": true, "udp": false, "loop": true, "other": false} {
		if got := st.isAttached(program); got != want {
			t.Errorf("%s is attached: %v, want %v", program, got, want)
		}
	}
}
