package workshop

import (
	"cmp"

	"github.com/bpflab/bpflab/harness/verdict"
)

// Report is what a check of one step found.
type Report struct {
	Step      string          `json:"step"`
	Kernel    string          `json:"kernel"`  // the selector
	Release   string          `json:"release"` // uname -r
	Verdict   verdict.Verdict `json:"verdict"`
	Stage     Stage           `json:"stage"`   // how far it came
	Seconds   float64         `json:"seconds"` // from the save to the verdict
	Checks    []verdict.Check `json:"checks"`
	Problems  []Problem       `json:"problems"`
	Diagnosis []Diagnosis     `json:"diagnosis"`
	Notes     []string        `json:"notes"`
	Output    string          `json:"output"` // of the step's commands
	Log       string          `json:"log"`    // the verifier's
}

// Stage is a part of a check.
type Stage string

// The stages, in their order. StageMachine is a machine that could not be had or died.
const (
	StageBuild   Stage = "build"
	StageMachine Stage = "machine"
	StageLoad    Stage = "load"
	StageAttach  Stage = "attach"
	StageCheck   Stage = "check"
)

// Problem is something wrong with the C file, at a place in it.
type Problem struct {
	File        string `json:"file"`
	Line        int    `json:"line"` // 0 if the place is not known
	Column      int    `json:"column"`
	Severity    string `json:"severity"` // "error" or "warning"
	Text        string `json:"text"`     // clang's or the kernel's words
	Explanation string `json:"explanation"`
	Fix         string `json:"fix"`
	Code        string `json:"code,omitempty"` // of the reason, as `bpflab verify` has it
}

// Diagnosis is something of the machine's that is in the way, and what to do.
type Diagnosis struct {
	Text string `json:"text"`
	Fix  string `json:"fix"`
}

// whole makes empty lists of missing ones, as JSON has them.
func (r *Report) fillLists() {
	r.Checks = append([]verdict.Check{}, r.Checks...)
	r.Problems = append([]Problem{}, r.Problems...)
	r.Diagnosis = append([]Diagnosis{}, r.Diagnosis...)
	r.Notes = append([]string{}, r.Notes...)
}

// Passed tells that the step is as the lab wants it.
func (r *Report) Passed() bool { return r.Verdict == verdict.Pass }

// Error is what went wrong, in one line, and where, for a teacher's overview: "" if
// nothing did.
func (r *Report) Error() (text, place string) {
	if r.Passed() {
		return "", ""
	}
	if len(r.Problems) > 0 {
		p := r.Problems[0]
		return firstLine(cmp.Or(p.Explanation, p.Text)), p.place()
	}
	for _, c := range r.Checks {
		if c.Verdict != verdict.Pass {
			return "expected " + firstLine(c.Expected), ""
		}
	}
	return string(r.Verdict), ""
}
