package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/bpflab/bpflab/bpf"
)

// workshopScreen opens the workshop at the lab hello in a terminal of 80 x 24, and
// returns it with the path of the student's C file.
func workshopScreen(t *testing.T, env, args string) (s *screen, file string) {
	t.Helper()
	needVMs(t)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s = newScreen(t, fmt.Sprintf("%s %s workshop hello --dir %s %s", env, path, dir, args))
	s.tmux("resize-window", "-x", "80", "-y", "24")
	s.shows("introduction")
	return s, filepath.Join(dir, "me", "hello", "hello.bpf.c")
}

func solveHello(t *testing.T, file string) {
	t.Helper()
	solution, err := bpf.FS.ReadFile("hello.bpf.c")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, solution, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestWorkshopTerm takes a student through the first step, with an editor in another
// window.
func TestWorkshopTerm(t *testing.T) {
	s, file := workshopScreen(t, "", "")
	s.shows("A program cannot list a directory by itself.")
	s.shows("ready")
	s.keys("n")
	s.shows("step 1 of 4")
	s.keys("c")
	s.shows("✗ not there yet")
	s.shows("✗ expected trace line from ls")
	s.keys("h")
	s.shows("Hint 1 of")
	s.shows("bpf_trace_printk")
	solveHello(t, file)
	s.shows("✓ passed on")
	s.shows("n goes to the next step")
	s.shows("✓ ○ ○ ○")
	s.keys("2")
	s.shows("getdents64 called")
	s.keys("n")
	s.shows("step 2 of 4")
	s.keys("q")
	s.shows("Your progress is kept")
	s.shows("ended with 0")
}

// coloured matches a colour that is not the terminal's default.
var coloured = regexp.MustCompile(`\x1b\[([0-9]+;)*[349][0-8]`)

// TestWorkshopTermShell uses the editor and the shell from the lesson, and starts the
// workshop again.
func TestWorkshopTermShell(t *testing.T) {
	s, file := workshopScreen(t, "NO_COLOR=1 EDITOR='cp "+solutionFile(t)+"'", "--kernel 6.1,5.10")
	s.keys("n", "e")
	s.shows("✓ passed on")
	s.keys("t")
	s.shows("lab#")
	s.keys("ls; stty size; grep -c getdents64 /sys/kernel/tracing/kprobe_events /sys/kernel/debug/kprobes/list", "Enter")
	s.shows("24 80")
	s.shows("hello.bpf.o")
	s.shows("list:1") // what the check loaded is attached
	s.keys("C-]")
	s.shows("step 1 of 4")
	s.tmux("resize-window", "-x", "120", "-y", "40")
	s.keys("t")
	s.shows("hello.bpf.o")
	s.keys("sleep 1; stty size", "Enter") // the size and what is typed go different ways
	s.shows("40 120")
	s.keys("C-d")
	s.shows("✓ passed on 6.1")
	s.keys("k")
	s.shows("5.10")
	s.keys("Enter")
	s.shows("✓ passed on 5.10")
	s.keys("Escape")
	s.shows("1 Result")
	if text := s.tmux("capture-pane", "-p", "-e"); coloured.MatchString(text) {
		t.Errorf("colours, though NO_COLOR is set: %q", text)
	}
	s.keys("C-c")
	s.shows("ended with 0")
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

// solutionFile writes the solution to a file; `cp FILE` then serves as an editor.
func solutionFile(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "solution.c")
	solveHello(t, name)
	return name
}

func TestWorkshopNeedsATerminal(t *testing.T) {
	o := bpflab(t, "workshop", "hello")
	o.want(t, 2)
	if !strings.Contains(o.stderr, "no terminal") || !strings.Contains(o.stderr, "--web") {
		t.Error(o.stderr)
	}
}

// TestWorkshopTermSIGTERM sends SIGTERM, after which the terminal is as it was.
func TestWorkshopTermSIGTERM(t *testing.T) {
	note := filepath.Join(t.TempDir(), "pid")
	s, _ := workshopScreen(t, "sh -c 'echo $$ >"+note+"; exec \"$@\"' sh", "")
	text, err := os.ReadFile(note)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.shows("Your progress is kept")
	s.shows("ended with 0")
	if mode := s.tmux("display-message", "-p", "#{alternate_on} #{mouse_any_flag} #{cursor_flag}"); mode != "0 0 1\n" {
		t.Errorf("alternate screen, mouse and cursor: %s", mode)
	}
}
