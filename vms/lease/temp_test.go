package lease

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// makeTemp is the environment variable that makes this test binary leave a
// temporary folder and a file in the directory it names, and wait.
const makeTemp = "BPFLAB_TEST_MAKE_TEMP"

func TestMain(m *testing.M) {
	if dir := os.Getenv(makeTemp); dir != "" {
		leave(dir)
	}
	os.Exit(m.Run())
}

func leave(dir string) {
	path, _, err := MkdirTemp(dir, Prefix+"test-")
	if err == nil {
		err = os.WriteFile(filepath.Join(path, "content"), []byte("x"), 0o600)
	}
	if err == nil {
		_, err = CreateTemp(dir, Prefix+"test-")
	}
	fmt.Println(err)
	select {}
}

// another starts a process that has left a folder and a file in dir.
func another(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), makeTemp+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	lines := bufio.NewScanner(out)
	if lines.Scan(); lines.Text() != "<nil>" {
		t.Fatalf("the other process says %q", lines.Text())
	}
	return cmd
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestTempOfAKilledProcessIsRemovedByTheNext(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	other := another(t, dir)
	strangers := []string{"bpflab-test-123", "bpflab-test-1.a.b.c", "other"}
	for _, name := range strangers {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path, remove, err := MkdirTemp("", Prefix+"test-")
	if err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); len(got) != 2+1+len(strangers) {
		t.Errorf("%q: what belongs to a living process is not all there", got)
	}
	other.Process.Kill()
	other.Wait()
	Sweep("", Prefix)
	if got := names(t, dir); len(got) != 1+len(strangers) {
		t.Errorf("%q: want this process's folder and what is not bpflab's", got)
	}
	remove()
	if _, err := os.Stat(path); err == nil {
		t.Error("the folder is there after its removal")
	}
}

// A process of another PID namespace looks dead, and holds what is its own.
func TestTempThatIsHeldStays(t *testing.T) {
	dir := t.TempDir()
	path, remove, err := MkdirTemp(dir, "a-")
	if err != nil {
		t.Fatal(err)
	}
	defer remove()
	removeAbandoned(path)
	if _, err := os.Stat(path); err != nil {
		t.Errorf("a folder that is held was removed: %v", err)
	}
}

func TestHiddenTempNamesItsOwner(t *testing.T) {
	for _, prefix := range []string{".tmp-", ".state.json-"} {
		f, err := CreateTemp(t.TempDir(), prefix)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if got := OwnerOf(filepath.Base(f.Name())); got != Self() {
			t.Errorf("%s belongs to %+v, want this process", f.Name(), got)
		}
	}
}
