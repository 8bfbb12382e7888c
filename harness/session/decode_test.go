package session

import (
	"encoding/binary"
	"reflect"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/vms/wire"
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
		if got := decode(tt.typ, tt.raw, binary.LittleEndian); !reflect.DeepEqual(got, tt.want) {
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
			show(decode(typ, raw, binary.LittleEndian))
		}
	})
}

// What a big-endian guest sends is decoded in its order: the same bytes are another number.
func TestDecodeInTheGuestsOrder(t *testing.T) {
	raw := []byte{0, 0, 1, 2, 'b', 'a', 's', 'h', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	for order, want := range map[binary.ByteOrder]string{
		binary.BigEndian:    "{comm: bash, pid: 258}",
		binary.LittleEndian: "{comm: bash, pid: 33619968}",
	} {
		if got := show(decode(key, raw, order)); got != want {
			t.Errorf("%s: %s, want %s", order, got, want)
		}
	}
	if got := decode(s16, []byte{0xff, 0xfe}, binary.BigEndian); got != int64(-2) {
		t.Errorf("a short of a big-endian guest: %v", got)
	}
	read := wire.MapResult{Entries: []wire.MapEntry{{Key: []byte{0, 0, 0, 7}, Values: [][]byte{{0, 0, 0, 3}}}}}
	spec := &ebpf.CollectionSpec{ByteOrder: binary.BigEndian, Maps: map[string]*ebpf.MapSpec{"m": {Name: "m", Key: u32, Value: u32}}}
	three := int64(3)
	ok, text := judgeMap(lab.Map{Name: "m", Where: map[string]any{"key": 7}, Sum: &three}, &observation{spec: spec, maps: map[string]wire.MapResult{"m": read}})
	if !ok {
		t.Errorf("a map of a big-endian guest: %s", text)
	}
}
