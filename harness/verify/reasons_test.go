package verify

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/vms/kernel"
)

var (
	update = flag.Bool("update", false, "rewrite the golden reasons")
	record = flag.String("record", "", "record the rejections of the objects in a `directory` that has v.json of bpflab verify --json, its logs and the objects; those of other objects stay")
)

const (
	recordings    = "testdata/rejections.json"
	goldenReasons = "testdata/reasons.golden"
)

// recorded is what a kernel and a loader answered to a program of
// cmd/bpflab/testdata/verify.
type recorded struct {
	Object, Program, Section, Type, Kernel, Stage, Errno, Message, Log, Licence string
	Insns                                                                       int
	Callback                                                                    bool           `json:",omitempty"`
	Needs                                                                       []recordedNeed `json:",omitempty"`
}

type recordedNeed struct {
	At                      int
	What, Name, Guard, Line string
}

// reason explains a recorded rejection.
func (r recorded) reason(t *testing.T) Reason {
	version, err := kernel.ParseVersion(r.Kernel)
	if err != nil {
		t.Fatal(err)
	}
	p := Program{Name: r.Program, Section: r.Section, Type: r.Type, Insns: r.Insns, licence: r.Licence, callback: r.Callback}
	for _, n := range r.Needs {
		p.needs = append(p.needs, need{n.At, n.What, n.Name, n.Guard, n.Line})
	}
	return Explain(Rejection{Program: p, Kernel: version, Stage: r.Stage, Errno: r.Errno, Message: r.Message, Log: r.Log})
}

// The reasons of what real kernels rejected are those that a person has read and found
// right. After a change: go test ./harness/verify -run Golden -update, and read the difference.
func TestGoldenReasons(t *testing.T) {
	if *record != "" {
		rewrite(t, *record)
	}
	var got strings.Builder
	for _, r := range recordedAll(t) {
		reason := r.reason(t)
		fmt.Fprintf(&got, "%s %s, %s\n  %s: %s\n  at    %s\n  to do %s\n", r.Object, r.Program, r.Kernel, reason.Code, reason.Text, reason.Line, reason.Fix)
		if reason.Code == "rejected" {
			t.Errorf("%s on %s has no code of its own: %s", r.Program, r.Kernel, reason.Text)
		}
	}
	if *update {
		if err := os.WriteFile(goldenReasons, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenReasons)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("reasons differ from %s:\n%s", goldenReasons, firstDifference(got.String(), string(want)))
	}
}

// recordedAll returns the recorded rejections.
func recordedAll(t *testing.T) []recorded {
	var all []recorded
	text, err := os.ReadFile(recordings)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func firstDifference(got, want string) string {
	wanted := strings.Split(want, "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(wanted) || line != wanted[i] {
			return fmt.Sprintf("line %d is %q, want %q", i+1, line, slices.Concat(wanted, make([]string, i+1))[i])
		}
	}
	return "lines are missing at the end"
}

// rewrite records the rejections of a run, each complaint of a program once, in place of
// those that are recorded of the same objects.
func rewrite(t *testing.T, dir string) {
	report, err := ReadReport(filepath.Join(dir, "v.json"))
	if err != nil {
		t.Fatal(err)
	}
	programs, objects := map[string]Program{}, map[string]bool{}
	paths, _ := filepath.Glob(filepath.Join(dir, "*.o"))
	for _, path := range paths {
		opened, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		objects[opened[0].Name] = true
		for _, p := range opened[0].Programs {
			programs[opened[0].Name+" "+p.Name] = p
		}
	}
	all := slices.DeleteFunc(recordedAll(t), func(r recorded) bool { return objects[r.Object] })
	seen := map[string]bool{}
	for _, r := range report.Results {
		p, known := programs[r.Object+" "+r.Program]
		if r.Reason == nil || !known {
			continue
		}
		one := recordedOf(r, p)
		if text, err := os.ReadFile(filepath.Join(dir, r.Log)); err == nil {
			one.Log = string(text)
		}
		if key := r.Object + r.Program + cmp.Or(probe.Complaint(one.Log), one.Message); !seen[key] {
			seen[key], all = true, append(all, one)
		}
	}
	text, _ := json.MarshalIndent(all, "", " ")
	if err := os.WriteFile(recordings, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func recordedOf(r Result, p Program) recorded {
	one := recorded{Object: r.Object, Program: r.Program, Section: r.Section, Type: r.Type, Kernel: r.Release, Stage: r.Stage,
		Errno: r.Errno, Message: r.Reason.Message, Licence: p.licence, Callback: p.callback, Insns: p.Insns}
	if one.Stage == "" {
		one.Stage = "load"
	}
	for _, n := range p.needs {
		one.Needs = append(one.Needs, recordedNeed{n.at, n.what, n.name, n.guard, n.line})
	}
	return one
}
