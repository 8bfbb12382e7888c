package build

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/cache"
)

// fakeClang is a program that answers as clang does, and notes each of its runs. It is no
// script, as a script is never on record.
type fakeClang struct{ dir, path, record string }

const fakeSource = `package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	self, _ := os.Executable()
	dir := filepath.Dir(filepath.Dir(self))
	f, _ := os.OpenFile(dir+"/runs", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	f.WriteString(".")
	fmt.Fprintf(os.Stderr, "fake clang version 1\nignoring nonexistent directory \"%s/later\"\n", dir)
	fmt.Fprintf(os.Stderr, "#include <...> search starts here:\n %s/include\nEnd of search list.\n", dir)
}
`

var buildFake = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "fake-clang-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	source, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "clang")
	if err := os.WriteFile(source, []byte(fakeSource), 0o644); err != nil {
		return nil, err
	}
	if out, err := exec.Command("go", "build", "-o", program, source).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return os.ReadFile(program)
})

func newFakeClang(t *testing.T) *fakeClang {
	t.Helper()
	program, err := buildFake()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c := &fakeClang{dir, filepath.Join(dir, "bin", "clang"), filepath.Join(dir, "clang.json")}
	for _, sub := range []string{"bin", "include"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := cache.WriteProgram(c.path, program); err != nil {
		t.Fatal(err)
	}
	c.settle(t)
	return c
}

// settle waits until a change of the files that it has would show.
func (c *fakeClang) settle(t *testing.T) {
	t.Helper()
	for _, path := range []string{c.path, filepath.Dir(c.path), filepath.Join(c.dir, "include"), filepath.Join(c.dir, "later")} {
		for cache.State(path) == cache.Unsettled {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func (c *fakeClang) runs() int {
	text, _ := os.ReadFile(filepath.Join(c.dir, "runs"))
	return len(text)
}

// find finds the clang by its record, or asks it, and checks how often it was asked so far.
func (c *fakeClang) find(t *testing.T, path string, runs int) {
	t.Helper()
	clang, err := inspectOnce(t.Context(), c.record, path)
	if err != nil || clang.Version != "fake clang version 1" || !slices.Contains(clang.Headers, filepath.Join(c.dir, "include")) {
		t.Errorf("clang %+v, error %v", clang, err)
	}
	if n := c.runs(); n != runs {
		t.Errorf("it was asked %d times, want %d", n, runs)
	}
}

func TestClangIsAskedAgainWhenItMayHaveChanged(t *testing.T) {
	tests := map[string]func(c *fakeClang) error{
		"the program":                 func(c *fakeClang) error { return os.Chmod(c.path, 0o700) },
		"a directory of headers":      func(c *fakeClang) error { return os.Mkdir(filepath.Join(c.dir, "include", "asm"), 0o755) },
		"a file beside the program":   func(c *fakeClang) error { return os.Mkdir(filepath.Join(c.dir, "bin", "clang.cfg"), 0o755) },
		"a directory that was absent": func(c *fakeClang) error { return os.Mkdir(filepath.Join(c.dir, "later"), 0o755) },
		"the record":                  func(c *fakeClang) error { return os.WriteFile(c.record, []byte("{}"), 0o644) },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newFakeClang(t)
			c.find(t, c.path, 1)
			c.find(t, c.path, 1)
			if err := change(c); err != nil {
				t.Fatal(err)
			}
			c.find(t, c.path, 2)
			c.settle(t)
			if _, err := inspectOnce(t.Context(), c.record, c.path); err != nil {
				t.Fatal(err)
			}
			c.find(t, c.path, c.runs())
		})
	}
}

func TestClangIsAskedAgainInAnotherEnvironment(t *testing.T) {
	c := newFakeClang(t)
	c.find(t, c.path, 1)
	t.Setenv("CPATH", "/usr/local/include")
	c.find(t, c.path, 2)
	t.Setenv("BPFLAB_ANYTHING", "1")
	c.find(t, c.path, 2)
}

func TestClangThatAnotherProgramStartsIsNotOnRecord(t *testing.T) {
	c := newFakeClang(t)
	script := script(t, `exec `+c.path+` "$@"`)
	time.Sleep(3 * time.Second) // it is not for being new that it is asked
	c.find(t, script, 1)
	c.find(t, script, 2)
}

func TestRecordOfTheRealClang(t *testing.T) {
	path, err := locate("")
	if err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
	record := filepath.Join(t.TempDir(), "clang.json")
	want, err := inspectOnce(t.Context(), record, path)
	if err != nil {
		t.Fatal(err)
	}
	account, ok := recorded(record, path)
	if !ok {
		t.Skipf("NOT TESTED: %s is not on record: it is started by another program, or was just installed", path)
	}
	if got := readAccount(path, account); got.Version != want.Version || got.Binary != want.Binary || strings.Join(got.Headers, " ") != strings.Join(want.Headers, " ") {
		t.Errorf("on record %+v, want %+v", got, want)
	}
}
