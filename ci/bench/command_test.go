package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestTimedCountsTheWholeTree(t *testing.T) {
	const burn = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"
	used, err := timed(exec.CommandContext(t.Context(), "sh", "-c", "sh -c '"+burn+"'; true"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if used.cpu <= 0 || used.wall <= 0 {
		t.Errorf("got %+v", used)
	}
	child, err := timed(exec.CommandContext(t.Context(), "sh", "-c", "true"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if used.cpu <= child.cpu {
		t.Errorf("a grandchild at work took %v, nothing at all %v", used.cpu, child.cpu)
	}
}

func TestTimedTellsWhatWentWrong(t *testing.T) {
	_, err := timed(exec.CommandContext(t.Context(), "sh", "-c", "echo first >&2; echo the reason >&2; exit 3"), nil)
	if err == nil || !strings.HasSuffix(err.Error(), "exit status 3: the reason") {
		t.Errorf("got %v", err)
	}
}

// A command that ignores the interrupt, and its child, are gone once timed
// returns.
func TestTimedLeavesNothingBehind(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, "sh", "-c", `sh -c 'trap "" INT; echo $$ >`+file+`.new; mv `+file+`.new `+file+`; while :; do sleep 1; done' & wait`)
	cmd.WaitDelay = 10 * time.Millisecond
	done := make(chan error, 1)
	go func() { _, err := timed(cmd, nil); done <- err }()
	child := waitForNumber(t, file)
	cancel()
	if err := <-done; err == nil {
		t.Error("no error")
	}
	for unix.Kill(child, 0) == nil && !zombie(child) { // else go test's own limit ends it
		time.Sleep(time.Millisecond)
	}
}

func waitForNumber(t *testing.T, file string) int {
	t.Helper()
	for {
		if text, err := os.ReadFile(file); err == nil {
			n, err := strconv.Atoi(strings.TrimSpace(string(text)))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		time.Sleep(time.Millisecond)
	}
}

// zombie says that a process has ended and nobody has asked how.
func zombie(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || strings.Contains(string(text), ") Z ")
}
