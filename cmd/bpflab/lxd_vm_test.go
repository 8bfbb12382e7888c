package main

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/lxd/lxdtest"
)

func TestLXDRunsLabs(t *testing.T) {
	needVMs(t)
	lxdtest.Start(t)
	for _, test := range []struct {
		provider, kernel string
		cells            int
	}{
		{"lxd", "6.1,6.12", 6},
		{"lxd-container", "default", 3},
	} {
		t.Run(test.provider, func(t *testing.T) {
			o := bpflab(t, "run", "hello", "xdp-drop", "map-counters", "--provider", test.provider, "--kernel", test.kernel)
			o.want(t, verdict.ExitOK)
			if len(o.result.Cells) != test.cells {
				t.Errorf("%d cells, want %d", len(o.result.Cells), test.cells)
			}
			bpflab(t, "vms", "list", "--provider", test.provider).saysAll(t, "no machines")
		})
	}
}

// saysAll wants these texts in what the command printed.
func (o outcome) saysAll(t *testing.T, texts ...string) {
	t.Helper()
	o.want(t, verdict.ExitOK)
	for _, text := range texts {
		if !strings.Contains(o.stdout, text) {
			t.Errorf("no %q in:\n%s%s", text, o.stdout, o.stderr)
		}
	}
}

// A run that is killed leaves machines on the server. They are found, and gone
// after gc; those of a run that lives are not touched.
func TestLXDMachinesOfAKilledRunAreCollected(t *testing.T) {
	needVMs(t)
	lxdtest.Start(t)
	cmd, _ := prepared(t, "run", "hello", "--provider", "lxd", "--kernel", "6.1", "--repeat", "20")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	listed := func() string { return bpflab(t, "vms", "list", "--provider", "lxd").stdout }
	waitFor(t, "a machine runs", func() bool { return strings.Contains(listed(), "Running") })
	bpflab(t, "vms", "gc", "--provider", "lxd").saysAll(t, "its owner is alive")
	cmd.Process.Signal(syscall.SIGKILL)
	cmd.Wait()
	if text := listed(); !strings.Contains(text, "dead (pid") {
		t.Fatalf("no machine of a dead owner:\n%s", text)
	}
	bpflab(t, "vms", "gc", "--provider", "lxd").saysAll(t, "is removed")
	if text := listed(); text != "no machines\n" {
		t.Errorf("left after gc:\n%s", text)
	}
	bpflab(t, "vms", "gc", "--all", "--provider", "lxd").saysAll(t, "project are removed")
}

func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 600 {
		if is() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("it never came that %s", what)
}

// lockedBuffer may be read while a command writes to it.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// A member of a cluster is killed while cells run on it. They end on another.
func TestLXDClusterLosesAMember(t *testing.T) {
	needVMs(t)
	members := lxdtest.StartCluster(t, 2)
	cmd, out := prepared(t, "run", "hello", "map-counters", "--provider", "lxd", "--kernel", "6.1", "--repeat", "8", "--retries", "2")
	var shown lockedBuffer
	cmd.Stdout = &shown
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	waitFor(t, "cells have ended on both members", func() bool {
		return strings.Contains(shown.String(), "on member1") && strings.Contains(shown.String(), "on member2")
	})
	members[1].Kill()
	o := out(cmd.Wait())
	t.Logf("the report:\n%s", &shown)
	o.want(t, verdict.ExitOK)
	if len(o.result.Cells) != 16 {
		t.Fatalf("%d cells, want 16", len(o.result.Cells))
	}
	moved, late := 0, 0
	for _, cell := range o.result.Cells {
		if cell.PassedLate() {
			late++
		}
		if first := cell.Attempts[0]; first.Where == "member2" && first.Verdict == verdict.Infra && cell.Where == "member1" {
			moved++
		}
	}
	if moved == 0 {
		t.Error("no cell was retried on the other member")
	}
	for _, text := range []string{"FLAKY", "attempt 1 on member2: infra", fmt.Sprintf("%d passed, %d flaky", 16-late, late)} {
		if !strings.Contains(shown.String(), text) {
			t.Errorf("the report does not say %q", text)
		}
	}
	if err := members[1].Run(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the member's machines are gone", func() bool {
		bpflab(t, "vms", "gc", "--provider", "lxd")
		return bpflab(t, "vms", "list", "--provider", "lxd").stdout == "no machines\n"
	})
}
