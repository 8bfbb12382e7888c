// Package steps reads what commands did that ran in another system, a bare root or a
// virtual machine, where steps.sh wrote it down.
package steps

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bpflab/bpflab/harness/verdict"
)

// Step is a command that ended.
type Step struct {
	Name    string
	Status  int // that it exited with
	Seconds float64
	Stdout  string
	Stderr  string
}

// Run is what one system left.
type Run struct {
	Dir   string
	Steps []Step
}

// Read returns the steps in dir. A system that ended before its first has none.
func Read(dir string) (Run, error) {
	run := Run{Dir: dir}
	text, err := os.ReadFile(filepath.Join(dir, "steps"))
	if os.IsNotExist(err) {
		return run, nil
	}
	if err != nil {
		return run, err
	}
	for line := range strings.Lines(string(text)) {
		var s Step
		if _, err := fmt.Sscan(line, &s.Name, &s.Status, &s.Seconds); err != nil {
			return run, fmt.Errorf("%s: line %q: %w", dir, strings.TrimSpace(line), err)
		}
		s.Stdout, s.Stderr = run.Text(s.Name+".out"), run.Text(s.Name+".err")
		run.Steps = append(run.Steps, s)
	}
	return run, nil
}

// Find returns the step of that name.
func (r Run) Find(name string) (Step, bool) {
	for _, s := range r.Steps {
		if s.Name == name {
			return s, true
		}
	}
	return Step{}, false
}

// Text returns a file of the run without white space around it, "" where there is none.
func (r Run) Text(file string) string {
	text, _ := os.ReadFile(filepath.Join(r.Dir, file)) // none is as good as empty
	return strings.TrimSpace(string(text))
}

// Result returns what bpflab wrote to the step's NAME.json.
func (r Run) Result(name string) (verdict.Result, error) {
	var result verdict.Result
	text, err := os.ReadFile(filepath.Join(r.Dir, name+".json"))
	if err != nil {
		return result, err
	}
	if err := json.Unmarshal(text, &result); err != nil {
		return result, fmt.Errorf("%s.json: %w", name, err)
	}
	return result, nil
}
