package libbpf

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

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

// A loader for the architecture that bpflab was compiled on is none for the one that it runs on.
func TestProgramOfAnotherArchitecture(t *testing.T) {
	if !Built() {
		t.Skip("NO LIBBPF LOADER: `make loader` builds it, on Linux with libbpf-dev")
	}
	for goarch := range machines {
		if _, err := open(goarch); (goarch == runtime.GOARCH) != (err == nil) || err != nil && !errors.Is(err, ErrNotBuilt) {
			t.Errorf("this is %s, and the loader for %s: %v", runtime.GOARCH, goarch, err)
		}
	}
}

func TestMachineOf(t *testing.T) {
	little := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 13)...)
	big := append([]byte("\x7fELF\x02\x02\x01"), make([]byte, 13)...)
	little[18], big[19] = 183, 22
	if a, b := machineOf(little), machineOf(big); a != elf.EM_AARCH64 || b != elf.EM_S390 {
		t.Errorf("%s, %s", a, b)
	}
}

// program puts the loader where this machine can run it, which needs no rights as long as it
// opens no object.
func program(t *testing.T) (path string) {
	t.Helper()
	if runtime.GOOS != "linux" || !Built() {
		t.Skip("NO LIBBPF LOADER: `make loader` builds it, on Linux with libbpf-dev")
	}
	text, err := Program()
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "loader")
	if err := os.WriteFile(path, text, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func ran(t *testing.T, args ...string) (Answer, error) {
	t.Helper()
	out, err := exec.Command(program(t), args...).Output()
	if err != nil {
		return Answer{}, err
	}
	return Read(out)
}

func TestOutputs(t *testing.T) {
	const text = "{\"log\":\"end 0\"}\n\nend 0\n" + "free(): invalid pointer\nend of it\n\nend -1 SIGABRT\n" + "\nend 2\n"
	want := []string{"{\"log\":\"end 0\"}\n\n 0 ", "free(): invalid pointer\nend of it\n\n -1 SIGABRT", "\n 2 "}
	for _, size := range []int{1, 7, len(text)} {
		var got []string
		o := &Outputs{Done: func(out Output) { got = append(got, fmt.Sprintf("%s %d %s", out.Text, out.Exit, out.Signal)) }}
		for part := range slices.Chunk([]byte(text), size) {
			o.Write(part)
		}
		if !slices.Equal(got, want) {
			t.Errorf("in parts of %d bytes: %q", size, got)
		}
	}
}

func TestEncode(t *testing.T) {
	if got := string(Task{Object: "o", Program: "p", Attach: true}.Encode()); got != "o\x00p\x00--attach\x00\x00" {
		t.Errorf("%q", got)
	}
}

// A serving loader goes on after a task that has no object, one that it does not understand,
// and one whose process is killed.
func TestServe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	cmd := exec.Command(program(t), Serve)
	outputs := make(chan Output, 1)
	cmd.Stdout = &Outputs{Done: func(out Output) {
		out.Text = bytes.Clone(out.Text)
		outputs <- out
	}}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(exec.Command("mkfifo", pipe).Run(), cmd.Start()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		in.Write(Task{Object: "missing", Program: "p"}.Encode())
		if out := <-outputs; out.Exit != 0 || out.Signal != "" {
			t.Errorf("a missing object: %+v", out)
		} else if a, err := Read(out.Text); err != nil || a.Stage != StageOpen || a.Errno != "ENOENT" {
			t.Errorf("a missing object: %+v, %v", a, err)
		}
		io.WriteString(in, "one\x00\x00")
		if out := <-outputs; out.Exit != 2 {
			t.Errorf("half a task: %+v", out)
		}
		in.Write(Task{Object: pipe, Program: "p"}.Encode()) // its process waits for a writer
		if out := killedOutput(t, cmd.Process.Pid, outputs); out.Exit != -1 || out.Signal != "SIGSEGV" {
			t.Errorf("a crash: %+v", out)
		}
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// killedOutput kills the child of a process until there is an output: the first child found
// may be that of the task before, which has ended and is not waited for yet.
func killedOutput(t *testing.T, parent int, outputs <-chan Output) Output {
	for {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", parent, parent))
		if err != nil {
			t.Fatal(err)
		}
		if child, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			if err := syscall.Kill(child, syscall.SIGSEGV); err != nil && err != syscall.ESRCH {
				t.Fatal(err)
			}
		}
		select {
		case out := <-outputs:
			return out
		case <-time.After(10 * time.Millisecond):
		}
	}
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
