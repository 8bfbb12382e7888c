package workshop

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/bpflab/bpflab/harness/verdict"
)

// Report is the outcome of a check of one step.
type Report struct {
	Step      string          `json:"step"`
	Kernel    string          `json:"kernel"`  // selector
	Release   string          `json:"release"` // uname -r
	Verdict   verdict.Verdict `json:"verdict"`
	Digest    string          `json:"digest"`  // of the C file; reports with different ones cannot be compared
	At        time.Time       `json:"at"`      // when the check began
	Stage     Stage           `json:"stage"`   // the last one reached
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

// The stages, in their order. StageMachine means that no machine could be started, or
// that it died.
const (
	StageBuild   Stage = "build"
	StageMachine Stage = "machine"
	StageLoad    Stage = "load"
	StageAttach  Stage = "attach"
	StageCheck   Stage = "check"
)

// Problem is a fault of the C file, at a place in it.
type Problem struct {
	File        string `json:"file"`
	Line        int    `json:"line"` // 0 if unknown
	Column      int    `json:"column"`
	Severity    string `json:"severity"` // "error" or "warning"
	Text        string `json:"text"`     // message of clang or the kernel
	Explanation string `json:"explanation"`
	Fix         string `json:"fix"`
	Code        string `json:"code,omitempty"` // code of the reason, as in `bpflab verify`
}

// Diagnosis is a likely cause of a failure outside of the C file's compilation and
// verification, and its remedy.
type Diagnosis struct {
	Text string `json:"text"`
	Fix  string `json:"fix"`
}

// finish fills in what is known at the end of a check of some code that began at a time.
func (r *Report) finish(code []byte, began time.Time) {
	sum := sha256.Sum256(code)
	r.Digest, r.At, r.Seconds = hex.EncodeToString(sum[:8]), began.UTC(), time.Since(began).Seconds()
	r.fillLists()
}

// fillLists replaces nil lists by empty ones, which JSON shows as [].
func (r *Report) fillLists() {
	r.Checks = append([]verdict.Check{}, r.Checks...)
	r.Problems = append([]Problem{}, r.Problems...)
	r.Diagnosis = append([]Diagnosis{}, r.Diagnosis...)
	r.Notes = append([]string{}, r.Notes...)
}

// Passed reports whether the step passed.
func (r *Report) Passed() bool { return r.Verdict == verdict.Pass }

// Error returns the failure in one line and its place, for a teacher's overview, or ""
// if the step passed.
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
