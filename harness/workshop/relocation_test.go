package workshop

import (
	"testing"

	"github.com/cilium/ebpf/btf"
)

func TestAccessed(t *testing.T) {
	number := &btf.Int{Name: "int", Size: 4}
	inner := &btf.Struct{Name: "qstr", Size: 4, Members: []btf.Member{{Name: "len", Type: number}}}
	outer := &btf.Struct{Name: "dentry___old", Size: 8, Members: []btf.Member{{Name: "flags", Type: number}, {Name: "d_name", Type: inner, Offset: 32}}}
	builder, err := btf.NewBuilder([]btf.Type{outer}, nil)
	if err != nil {
		t.Fatal(err)
	}
	types, err := builder.Spec()
	if err != nil {
		t.Fatal(err)
	}
	for relocation, want := range map[string][2]string{
		`CORERelocation(byte_off, Struct:"dentry___old"[0:0], local_id=3)`:   {"dentry", "flags"},
		`CORERelocation(byte_off, Struct:"dentry___old"[0:1:0], local_id=3)`: {"dentry", "d_name.len"},
		`CORERelocation(byte_off, Struct:"dentry___old"[0:0:7], local_id=3)`: {"dentry", "flags"}, // an element
		`CORERelocation(byte_off, Struct:"dentry___old"[0:9], local_id=3)`:   {"dentry", ""},
		`CORERelocation(byte_off, Struct:"inode"[0:0], local_id=3)`:          {"", ""},
		`CORERelocation(type_exists, Int:"u32"[0], local_id=3)`:              {"", ""},
	} {
		if in, field := accessed(types, relocation); in != want[0] || field != want[1] {
			t.Errorf("%s: %q of %q, want %q of %q", relocation, field, in, want[1], want[0])
		}
	}
}
