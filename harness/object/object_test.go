package object

import (
	"bytes"
	"testing"
)

func FuzzWithoutWeakMaps(f *testing.F) {
	f.Add([]byte("\x7fELF\x02\x01\x01"))
	f.Add([]byte("no object"))
	f.Fuzz(func(t *testing.T, text []byte) {
		before := bytes.Clone(text)
		if got := withoutWeakMaps(text); len(got) != len(text) {
			t.Errorf("%d bytes became %d", len(text), len(got))
		}
		if !bytes.Equal(text, before) {
			t.Error("the object itself was changed")
		}
	})
}

func TestReadOfNoObject(t *testing.T) {
	for _, text := range []string{"", "no object", "\x7fELF\x02\x01\x01"} {
		if spec, err := Read([]byte(text)); err == nil {
			t.Errorf("%q: %v", text, spec)
		}
	}
}
