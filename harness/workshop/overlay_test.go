package workshop

import (
	"io/fs"
	"testing"
	"testing/fstest"
)

func TestOverlay(t *testing.T) {
	o := overlay{fstest.MapFS{"bpf/a.c": {Data: []byte("old")}, "bpf/b.c": {Data: []byte("other")}}, "bpf/a.c", []byte("new")}
	for name, want := range map[string]string{"bpf/a.c": "new", "bpf/b.c": "other"} {
		text, err := fs.ReadFile(o, name)
		if err != nil || string(text) != want {
			t.Errorf("%s: %q %v, want %q", name, text, err, want)
		}
	}
	info, err := fs.Stat(o, "bpf/a.c")
	if err != nil || info.Size() != 3 || !info.Mode().IsRegular() || info.Name() != "a.c" {
		t.Errorf("%+v %v", info, err)
	}
	if _, err := fs.ReadFile(o, "bpf/c.c"); err == nil {
		t.Error("a file that is nowhere was read")
	}
}
