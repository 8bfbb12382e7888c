package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// screen is a real terminal emulator with the command in it.
type screen struct {
	t      *testing.T
	socket string
}

func newScreen(t *testing.T, command string) *screen {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("NOT TESTED in a terminal: tmux is not installed")
	}
	s := &screen{t, filepath.Join(t.TempDir(), "tmux")}
	s.tmux("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30", command+"; echo ended with $?; sleep 100")
	t.Cleanup(func() { exec.Command("tmux", "-S", s.socket, "kill-server").Run() })
	return s
}

func (s *screen) tmux(args ...string) string {
	s.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", s.socket}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return string(out)
}

func (s *screen) keys(keys ...string) { s.tmux(append([]string{"send-keys"}, keys...)...) }

// shows waits until the screen has a text.
func (s *screen) shows(text string) {
	s.t.Helper()
	seen := ""
	for range 300 {
		if seen = s.tmux("capture-pane", "-p"); strings.Contains(seen, text) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.t.Fatalf("no %q on the screen:\n%s", text, seen)
}

func TestShell(t *testing.T) {
	needVMs(t)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	s := newScreen(t, path+" shell --kernel 6.1")
	s.shows(":~#")
	s.keys("stty size; echo in $(uname -r | cut -c1-3)", "Enter")
	s.shows("30 100")
	s.shows("in 6.1")
	s.keys("sleep 1000", "Enter")
	time.Sleep(300 * time.Millisecond)
	s.keys("C-c")
	s.keys("echo status $?", "Enter")
	s.shows("status 130")
	s.keys("sleep 1000", "Enter")
	time.Sleep(300 * time.Millisecond)
	s.keys("C-z")
	s.shows("Stopped")
	s.keys("kill -9 %1; sleep 0.2; jobs; clear", "Enter")
	s.tmux("resize-window", "-x", "90", "-y", "35")
	time.Sleep(300 * time.Millisecond)
	s.keys("stty size", "Enter")
	s.shows("35 90")
	s.keys("exit 5", "Enter")
	s.shows("ended with 5")
}

func TestShellInALab(t *testing.T) {
	needVMs(t)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	s := newScreen(t, path+" shell --kernel 6.1 --lab hello")
	s.shows("lab#")
	s.keys("ls; ls / >/dev/null; grep -c getdents64 /sys/kernel/tracing/kprobe_events /sys/kernel/debug/kprobes/list", "Enter")
	s.shows("hello.bpf.o")
	s.shows("list:1") // its program is attached
	s.keys("C-d")
	s.shows("ended with 0")
}

func TestShellAfterAFailure(t *testing.T) {
	needVMs(t)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ command, why, end string }{
		"run":  {"run hello --starter --kernel 6.1 --on-failure", "watch-ls", "ended with 1"},
		"exec": {"exec --kernel 6.1 --on-failure -- sh -c 'echo left >/tmp/behind; exit 3'", "exit status 3", "ended with 3"},
		"test": {fmt.Sprintf("test -C %s --kernel 6.1 --on-failure --env HANG=1 -timeout 1s -run TestHang .", gotestDir), "tests failed", "ended with 1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScreen(t, path+" "+test.command)
			s.shows(test.why)
			s.shows("#")
			s.keys("echo here $(cat /tmp/behind) $((40+2))", "Enter")
			s.shows("42")
			s.keys("exit", "Enter")
			s.shows(test.end)
		})
	}
}

func TestShellNeedsATerminal(t *testing.T) {
	o := bpflab(t, "shell", "--kernel", "6.1")
	o.want(t, 2)
	if !strings.Contains(o.stderr, "no terminal") || !strings.Contains(o.stderr, "bpflab exec") {
		t.Error(o.stderr)
	}
}
