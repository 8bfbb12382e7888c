package gotest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/child"
)

// Event is one of test2json's, with the kernel it came from. See `go doc test2json`.
type Event struct {
	Time        string `json:",omitempty"`
	Kernel      string `json:",omitempty"`
	Action      string
	Package     string   `json:",omitempty"`
	Test        string   `json:",omitempty"`
	Elapsed     *float64 `json:",omitempty"`
	Output      string   `json:",omitempty"`
	FailedBuild string   `json:",omitempty"`
}

// convert makes events of what a test binary prints, by go tool test2json. Write to
// the writer and close it; then wait.
func convert(ctx context.Context, pkg string, each func(Event)) (io.WriteCloser, func() error, error) {
	cmd := exec.CommandContext(ctx, "go", "tool", "test2json", "-t", "-p", pkg)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	remove, err := leaseWork(cmd)
	if err != nil {
		return nil, nil, err
	}
	wait, err := child.Begin(cmd, (*exec.Cmd).Start)
	if err != nil {
		remove()
		return nil, nil, fmt.Errorf("go tool test2json: %w", err)
	}
	read := make(chan error, 1)
	go func() {
		d := json.NewDecoder(out)
		for {
			var e Event
			if err := d.Decode(&e); err != nil {
				io.Copy(io.Discard, out)
				if err == io.EOF {
					err = nil
				}
				read <- err
				return
			}
			each(e)
		}
	}()
	return in, func() error {
		defer remove()
		err := <-read
		if werr := wait(); err == nil {
			err = werr
		}
		return err
	}, nil
}

// record collects the tests of one package on one kernel.
type record struct {
	steps []verdict.Step
	index map[string]int
	logs  map[string]*strings.Builder
	runs  map[string]int
	ended map[int]bool // steps, by index
}

func newRecord() *record {
	return &record{index: map[string]int{}, logs: map[string]*strings.Builder{}, runs: map[string]int{}, ended: map[int]bool{}}
}

// step is that of an event's test. A test that begins once more, as with -count, is
// another step.
func (r *record) step(e Event) *verdict.Step {
	i, known := r.index[e.Test]
	if known && !(e.Action == "run" && r.ended[i]) {
		return &r.steps[i]
	}
	name := e.Test
	if r.runs[e.Test]++; known {
		name = fmt.Sprintf("%s (run %d)", e.Test, r.runs[e.Test])
	}
	r.index[e.Test], r.logs[e.Test] = len(r.steps), &strings.Builder{}
	r.steps = append(r.steps, verdict.Step{Name: name, Expected: "the test passes"})
	return &r.steps[len(r.steps)-1]
}

// longestLog is what is kept of a test's output, in bytes.
const longestLog = 64 << 10

func (r *record) take(e Event) {
	if e.Test == "" {
		return
	}
	step := r.step(e)
	switch e.Action {
	case "output":
		if log := r.logs[e.Test]; log != nil && log.Len() < longestLog {
			log.WriteString(e.Output)
		}
		return
	case "pass":
		step.Verdict, step.Seen = verdict.Pass, "passed"
	case "fail":
		step.Verdict, step.Seen = verdict.Fail, "failed"
	case "skip":
		step.Verdict, step.Seen = verdict.Unsupported, "skipped: "+lastSaid(r.said(e.Test))
	default:
		return
	}
	r.ended[r.index[e.Test]] = true
	if e.Elapsed != nil {
		step.Seconds = *e.Elapsed
	}
	if step.Verdict == verdict.Fail {
		step.Log = r.said(e.Test)
	}
	delete(r.logs, e.Test)
}

// said is what a test that has not ended has printed.
func (r *record) said(test string) string {
	if log := r.logs[test]; log != nil {
		return log.String()
	}
	return ""
}

// close ends what has not ended: tests that ran when the binary died.
func (r *record) close(why string) []verdict.Step {
	for test, i := range r.index {
		if step := &r.steps[i]; !r.ended[i] {
			step.Verdict, step.Seen, step.Log = verdict.Fail, "did not end: "+why, r.said(test)
		}
	}
	return r.steps
}

// lastSaid is what a test said before it was skipped.
func lastSaid(log string) string {
	said := ""
	for line := range strings.Lines(log) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			said = line
		}
	}
	return said
}

// Counts are the tests of records: those that passed, failed, and were skipped.
// Tests that have tests of their own are counted too.
type Counts struct{ Passed, Failed, Skipped int }

// Count counts a cell's tests.
func Count(steps []verdict.Step) (n Counts) {
	for _, s := range steps {
		switch s.Verdict {
		case verdict.Pass:
			n.Passed++
		case verdict.Unsupported:
			n.Skipped++
		default:
			n.Failed++
		}
	}
	return n
}
