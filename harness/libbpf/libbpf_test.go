package libbpf

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"github.com/bpflab/bpflab/harness/object"
)

func TestRead(t *testing.T) {
	a, err := Read([]byte(`{"prepared":[{"map":"m","what":"sized","size":1}],"section":"xdp","type":6,"seen":true,"seconds":0.5,` +
		`"log":"R0 !read_ok\n","stage":"load","error":13,"errno":"EACCES","messages":"libbpf: one\nlibbpf: two\n","version":"1.1.2"}`))
	want := Answer{Prepared: []object.Preparation{{Map: "m", What: object.Sized, Size: 1}}, Section: "xdp", Type: 6, Seen: true, Seconds: 0.5,
		Log: "R0 !read_ok\n", Stage: StageLoad, Error: 13, Errno: "EACCES", Messages: "libbpf: one\nlibbpf: two\n", Version: "1.1.2"}
	if err != nil || !reflect.DeepEqual(a, want) {
		t.Errorf("%+v, %v", a, err)
	}
	if said := a.Said(); !slices.Equal(said, []string{"one", "two"}) {
		t.Errorf("said %q", said)
	}
	for _, text := range []string{"", "{", `{"prepared":[`} {
		if _, err := Read([]byte(text)); err == nil {
			t.Errorf("%q is an answer", text)
		}
	}
}

func TestArgs(t *testing.T) {
	task := Task{Object: "o", Program: "p", Attach: true, Target: "f", MapSizes: map[string]uint32{"b": 2, "a": 1}, BTF: "t"}
	want := []string{"o", "p", "--attach", "--attach-target", "f", "--map-size", "a=1", "--map-size", "b=2", "--btf", "t"}
	if got := task.Args(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := (Task{Object: "o", Program: "p"}).Args(); !slices.Equal(got, []string{"o", "p"}) {
		t.Errorf("%q", got)
	}
}

// A binary has a program for Linux, or says how to get one that has it.
func TestProgram(t *testing.T) {
	program, err := Program()
	if Built() {
		if err != nil || !bytes.HasPrefix(program, []byte("\x7fELF")) {
			t.Errorf("%.4q, %v", program, err)
		}
		return
	}
	if !errors.Is(err, ErrNotBuilt) {
		t.Error(err)
	}
}

// ran runs the loader on this machine, which needs no rights as long as it opens no object.
func ran(t *testing.T, args ...string) (Answer, error) {
	t.Helper()
	if runtime.GOOS != "linux" || !Built() {
		t.Skip("NO LIBBPF LOADER: `make loader` builds it, on Linux with libbpf-dev")
	}
	program, err := Program()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "loader")
	if err := os.WriteFile(path, program, 0o700); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, args...).Output()
	if err != nil {
		return Answer{}, err
	}
	return Read(out)
}

// What libbpf does not open is an answer with libbpf's words, and no crash.
func TestLoaderOfBadObjects(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"empty": "", "text": "no \"object\"\n\x01\xff", "cut": "\x7fELF\x02\x01\x01", "missing": "-"} {
		path := filepath.Join(dir, name)
		if text != "-" {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		a, err := ran(t, path, "program")
		if err != nil || a.Stage != StageOpen || a.Seen || a.Error == 0 || a.Messages == "" || a.Version == "" {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
	for _, args := range [][]string{{}, {"one"}, {"o", "p", "--unknown"}, {"o", "p", "--map-size", "m"}, {"o", "p", "--btf"}} {
		if a, err := ran(t, args...); err == nil {
			t.Errorf("%q: %+v", args, a)
		}
	}
}
