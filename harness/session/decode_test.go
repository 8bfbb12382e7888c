package session

import (
	"reflect"
	"testing"

	"github.com/cilium/ebpf/btf"
)

var (
	u32  = &btf.Int{Name: "unsigned int", Size: 4}
	s16  = &btf.Int{Name: "short", Size: 2, Encoding: btf.Signed}
	u8   = &btf.Int{Name: "unsigned char", Size: 1}
	char = &btf.Int{Name: "char", Size: 1}
	key  = &btf.Struct{Name: "key", Size: 20, Members: []btf.Member{
		{Name: "pid", Type: u32},
		{Name: "comm", Type: &btf.Array{Type: char, Nelems: 16}, Offset: 32},
	}}
)

func TestDecode(t *testing.T) {
	comm := append([]byte{44, 1, 0, 0}, []byte("ls\x00garbage\x00\x00\x00\x00\x00\x00")...)
	for _, tt := range []struct {
		name string
		typ  btf.Type
		raw  []byte
		want any
	}{
		{"unsigned", u32, []byte{0xff, 0xff, 0xff, 0xff}, uint64(0xffffffff)},
		{"signed", s16, []byte{0xfe, 0xff}, int64(-2)},
		{"typedef", &btf.Typedef{Name: "__u32", Type: u32}, []byte{1, 0, 0, 0}, uint64(1)},
		{"text ends at its NUL", &btf.Array{Type: char, Nelems: 8}, []byte("ab\x00cdefg"), "ab"},
		{"text without NUL", &btf.Array{Type: char, Nelems: 2}, []byte("ab"), "ab"},
		{"bytes are no text", &btf.Array{Type: u8, Nelems: 2}, []byte{65, 66}, []any{uint64(65), uint64(66)}},
		{"struct", key, comm, map[string]any{"pid": uint64(300), "comm": "ls"}},
		{"struct cut short", key, comm[:4], map[string]any{"pid": uint64(300)}},
		{"integer cut short", u32, []byte{1, 2}, "0102"},
		{"no description", &btf.Fwd{Name: "x"}, []byte{1, 2}, "0102"},
	} {
		if got := decode(tt.typ, tt.raw); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %#v, want %#v", tt.name, got, tt.want)
		}
	}
}

func TestMatches(t *testing.T) {
	v := map[string]any{"pid": uint64(300), "comm": "ls"}
	for _, tt := range []struct {
		name  string
		value any
		where map[string]any
		want  bool
	}{
		{"no condition", v, nil, true},
		{"text", v, map[string]any{"comm": "ls"}, true},
		{"other text", v, map[string]any{"comm": "l"}, false},
		{"number", v, map[string]any{"pid": uint64(300), "comm": "ls"}, true},
		{"signed number", v, map[string]any{"pid": int64(300)}, true},
		{"unknown field", v, map[string]any{"uid": 0}, false},
		{"plain key", uint64(2), map[string]any{"key": int64(2)}, true},
		{"other plain key", uint64(2), map[string]any{"key": int64(3)}, false},
	} {
		if got := matches(tt.value, tt.where); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// FuzzDecode: no bytes of a guest make decoding panic.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x00ls"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, typ := range []btf.Type{u32, key, &btf.Array{Type: key, Nelems: 3}, &btf.Array{Type: char, Nelems: 1 << 30}} {
			show(decode(typ, raw))
		}
	})
}
