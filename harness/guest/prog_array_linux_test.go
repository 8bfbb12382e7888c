package guest

import (
	"reflect"
	"testing"

	"github.com/cilium/ebpf"
)

func TestTakeSlots(t *testing.T) {
	spec := &ebpf.CollectionSpec{Maps: map[string]*ebpf.MapSpec{
		"counts": {Type: ebpf.Array, Contents: []ebpf.MapKV{{Key: uint32(0), Value: uint64(1)}}},
		"jumps":  {Type: ebpf.ProgramArray, Contents: []ebpf.MapKV{{Key: uint32(17), Value: "udp"}}},
		"empty":  {Type: ebpf.ProgramArray},
	}}
	got := takeSlots(spec)
	if want := []slot{{"jumps", 17, "udp"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("slots are %v, want %v", got, want)
	}
	if left := spec.Maps["jumps"].Contents; len(left) != 0 {
		t.Errorf("the program array still holds %v, which no loader could resolve", left)
	}
	if len(spec.Maps["counts"].Contents) != 1 {
		t.Error("the entries of the plain array are gone")
	}
}
