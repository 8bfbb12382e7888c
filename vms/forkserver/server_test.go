//go:build linux && amd64

package forkserver

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// hold returns a server of a shell, and skips where processes cannot be traced.
func hold(t *testing.T) *Server {
	t.Helper()
	path, err := filepath.EvalSymlinks("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(path, os.Environ())
	if errors.Is(err, syscall.EPERM) {
		t.Skip("this process may trace no other:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// pipe returns the ends of a pipe, the first of which is closed at the test's end.
func pipe(t *testing.T) (from, to *os.File) {
	t.Helper()
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { from.Close() })
	return from, to
}

// say runs a script in a copy, and returns what it wrote to its standard error.
func say(s *Server, files []*os.File, args ...string) (string, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer r.Close()
	p, err := s.Start(append([]string{"shell", "-c"}, args...), files, w)
	w.Close()
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), errors.Join(err, p.Wait())
}

func TestArguments(t *testing.T) {
	s := hold(t)
	for range 3 {
		long := strings.Repeat("x", 9000)
		got, err := say(s, nil, `echo "$0,$1,$2" >&2`, "name", "", long)
		if want := "name,," + long + "\n"; err != nil || got != want {
			t.Fatalf("%d bytes, %v, want %d", len(got), err, len(want))
		}
	}
	if _, err := say(s, nil, "[ ! -e /proc/$$/fd/3 ]"); err != nil {
		t.Error("without files there is a descriptor 3")
	}
	if _, err := say(s, nil, strings.Repeat("x", argumentSpace)); err == nil {
		t.Error("arguments that do not fit were taken")
	}
	if got, err := say(s, nil, "echo still here >&2"); err != nil || got != "still here\n" {
		t.Errorf("after that: %q, %v", got, err)
	}
}

// TestAsByExecve compares what a copy finds with what a process finds that was executed.
func TestAsByExecve(t *testing.T) {
	s := hold(t)
	script := `tr '\0' '\n' </proc/$$/cmdline | grep . >&2; env | grep -v ^_ | cksum >&2
grep -E '^(Sig|Name|Threads|Seccomp)' /proc/$$/status | grep -v SigQ >&2
readlink /proc/$$/fd/0 >&2; echo $(cut -d' ' -f4,5 /proc/$$/stat) >&2; exit 3`
	got, gotErr := say(s, nil, script)

	cmd := exec.Command(s.path, "-c", script)
	cmd.Args[0] = "shell"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	wantErr := cmd.Run()
	// The process group is the process's own, and its number is another.
	cut := func(text string) string { return text[:strings.LastIndex(text[:len(text)-1], " ")] }
	if cut(got) != cut(stderr.String()) {
		t.Errorf("a copy finds\n%s\nand by execve it is\n%s", got, stderr.String())
	}
	if fmt.Sprint(gotErr) != fmt.Sprint(wantErr) || !errors.As(gotErr, new(*exec.ExitError)) {
		t.Errorf("it ended with %v, by execve with %v", gotErr, wantErr)
	}
}

func TestFiles(t *testing.T) {
	s := hold(t)
	in, out := pipe(t)
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	fmt.Fprint(file, "of a file")
	file.Seek(0, io.SeekStart)
	got, err := say(s, []*os.File{file, out}, "cat <&3 >&2; echo by a pipe >&4")
	out.Close()
	piped, _ := io.ReadAll(in)
	if err != nil || got != "of a file" || string(piped) != "by a pipe\n" {
		t.Errorf("%q, %q, %v", got, piped, err)
	}
}

// TestInherited has descriptors that each child of this process inherits.
func TestInherited(t *testing.T) {
	for range 3 {
		fd, err := syscall.Dup(int(os.Stderr.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		defer syscall.Close(fd)
	}
	s := hold(t)
	r, w := pipe(t)
	w.WriteString("by a pipe")
	w.Close()
	got, err := say(s, []*os.File{r}, "cat <&3 >&2; cat <&4")
	if !strings.HasPrefix(got, "by a pipe") || !strings.Contains(got, "4:") || err == nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestManyAtOnce(t *testing.T) {
	s := hold(t)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			want := fmt.Sprint("copy ", i)
			if got, err := say(s, nil, `(sleep 0; echo "$1") >&2 & wait`, "shell", want); err != nil || got != want+"\n" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	all.Wait()
}

func TestStop(t *testing.T) {
	s := hold(t)
	p, err := s.Start([]string{"shell", "-c", "exec sleep 1000"}, nil, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := p.Wait(); !errors.As(err, &exit) || exit.Exited() {
		t.Errorf("a killed process: %v", err)
	}
}

// TestCloseKeeps ends a server while a copy runs.
func TestCloseKeeps(t *testing.T) {
	s := hold(t)
	r, w := pipe(t)
	p, err := s.Start([]string{"shell", "-c", "read line <&3"}, []*os.File{r}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := s.Start([]string{"shell", "-c", "true"}, nil, os.Stderr); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a closed server: %v", err)
	}
	if err := syscall.Kill(s.held.pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the held process after Close: %v", err)
	}
	fmt.Fprintln(w, "end")
	if err := p.Wait(); err != nil {
		t.Errorf("what it had started: %v", err)
	}
}

// TestHeldIsKilled kills the held process: the server says so, and does not hang.
func TestHeldIsKilled(t *testing.T) {
	s := hold(t)
	syscall.Kill(s.held.pid, syscall.SIGKILL)
	gone(t, s.held.pid)
	if got, err := say(s, nil, "echo >&2"); err == nil {
		t.Errorf("a copy of nothing says %q", got)
	}
}

// gone waits until a process runs no more.
func gone(t *testing.T, pid int) {
	t.Helper()
	for range 1000 {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("process %d still runs", pid)
}

func TestNoProgram(t *testing.T) {
	hold(t)
	if _, err := New("/no/such/program", os.Environ()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("neither ELF nor a script"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := New(script, os.Environ()); err == nil {
		t.Error("a text was held")
	}
}

// TestDiesWithItsParent starts this test in another process, which is killed.
func TestDiesWithItsParent(t *testing.T) {
	if os.Getenv("FORKSERVER_PARENT") != "" {
		s := hold(t)
		p, err := s.Start([]string{"shell", "-c", "exec sleep 1000"}, nil, os.Stderr)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("pids", s.held.pid, p.Pid)
		time.Sleep(time.Minute)
	}
	hold(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestDiesWithItsParent$")
	cmd.Env = append(os.Environ(), "FORKSERVER_PARENT=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var held, copied int
	if _, err := fmt.Fscanf(out, "pids %d %d\n", &held, &copied); err != nil {
		t.Fatal(err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	gone(t, held)
	gone(t, copied)
}
