package vmstest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/lease"
)

// childSpec is the environment variable that makes a test binary start one
// machine and wait to be killed: the spec as JSON.
const childSpec = "BPFLAB_VMSTEST_SPEC"

// Child makes this process the parent that Conformance kills, if it was
// started for that; it does not return then. TestMain calls it first.
func Child(provider func() vms.Provider) {
	text := os.Getenv(childSpec)
	if text == "" {
		return
	}
	var spec vms.Spec
	err := json.Unmarshal([]byte(text), &spec)
	if err == nil {
		_, err = provider().Start(context.Background(), spec)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(started)
	select {}
}

const started = "started"

// killedParent starts a machine in a process of its own and kills that without
// a warning. Nothing is left then, or what is left is found and removed.
func (s suite) killedParent(t *testing.T) {
	left := s.survey(t)
	parent, line := s.parent(t)
	machine := childrenOf(parent.Process.Pid)
	if line != started {
		t.Fatalf("the parent says %q", line)
	}
	parent.Process.Kill()
	parent.Wait()
	if s.caps(t).Outlives {
		s.collect(t)
	}
	for range 200 {
		if machine = slices.DeleteFunc(machine, isGone); len(machine) == 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if len(machine) != 0 {
		t.Errorf("machine %v has outlived its parent", machine)
	}
	left.nothingElse(t)
}

// collect removes the machines of dead owners. One of the machines may have
// gone by itself before that.
func (s suite) collect(t *testing.T) {
	t.Helper()
	c, ok := s.Provider().(vms.Reaper)
	if !ok {
		t.Fatal("machines outlive their process, and the provider is no vms.Reaper")
	}
	all, err := c.Orphans(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if m.Owner.State() != lease.Dead {
			continue
		}
		if err := c.Remove(t.Context(), m); err != nil {
			t.Errorf("remove %s: %v", m.Name, err)
		}
		if err := c.Remove(t.Context(), m); err != nil {
			t.Errorf("remove %s, which is gone: %v", m.Name, err)
		}
	}
}

func (s suite) parent(t *testing.T) (*exec.Cmd, string) {
	spec, err := json.Marshal(s.specIn(t))
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), childSpec+"="+string(spec))
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	return parent, lines.Text()
}

// isGone reports whether a process has ended, reaped or not.
func isGone(pid string) bool {
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return true
	}
	var id int
	var name, state string
	fmt.Sscanf(string(text), "%d %s %s", &id, &name, &state)
	return state == "Z" || state == "X"
}
