package verify

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/vmstest"
)

// left returns an object that is in a file between two others.
func left(t *testing.T, text string) *Object {
	o := &Object{Name: "o", path: filepath.Join(t.TempDir(), "program"), ELF: []byte(text), Programs: []Program{{Name: "pass"}}}
	whole := []byte("before" + text + "after" + text)
	if err := os.WriteFile(o.path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	o.leave(whole)
	return o
}

func TestContent(t *testing.T) {
	o := left(t, "an object")
	if got, err := o.content(); err != nil || string(got) != "an object" || o.ELF != nil || o.size() != len("an object") {
		t.Errorf("%q, %v; %q of %d bytes is kept", got, err, o.ELF, o.size())
	}
	for _, o := range []*Object{{}, {ELF: []byte("elf"), path: os.DevNull}} {
		was := bytes.Clone(o.ELF)
		o.leave([]byte("an elf"))
		if got, err := o.content(); err != nil || !bytes.Equal(got, was) || o.size() != len(was) {
			t.Errorf("%s: %q, %v", o.path, got, err)
		}
	}
}

// What becomes of an object's file while it is verified is said of its programs, and costs
// neither another object nor a machine.
func TestContentThatIsGone(t *testing.T) {
	changed, cut, gone := left(t, "an object"), left(t, "an object"), left(t, "an object")
	os.WriteFile(changed.path, bytes.ToUpper([]byte("beforean objectafter")), 0o600)
	os.Truncate(cut.path, 10)
	os.Remove(gone.path)
	provider := &vmstest.Fake{Answers: fakeAnswers(t)}
	objects := []*Object{changed, cut, gone, {Name: "good", ELF: []byte("o"), Programs: []Program{{Name: "pass"}}}}
	results := Run(t.Context(), objects, []kernel.Image{{Selector: "6.1", Series: "6.1"}}, Options{Pool: jobs(t, 1, provider)})
	missing := "no such file"
	if runtime.GOOS == "windows" {
		missing = "cannot find"
	}
	for i, want := range []string{"has changed", "has changed", missing, ""} {
		if !strings.Contains(results[i].Infra, want) || results[i].Accepted != (want == "") {
			t.Errorf("%+v, want %q", results[i], want)
		}
	}
	if provider.Started.Load() != 1 {
		t.Errorf("%d machines", provider.Started.Load())
	}
}
