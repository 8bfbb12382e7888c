package main

import (
	"context"
	"fmt"
	"io"

	"github.com/bpflab/bpflab/harness/bisect"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/changelog"
)

// bisectReport is the JSON of `bpflab bisect`. The keys are a published contract
// (docs/bisect.md).
type bisectReport struct {
	trialReport
	Good     string  `json:"good"` // as asked for
	Bad      string  `json:"bad"`
	Change   string  `json:"change"`   // what is looked for: "broke" or "fixed"
	Packages int     `json:"packages"` // from one end to the other
	Steps    int     `json:"steps"`    // kernels that were tried, besides the ends
	Found    bool    `json:"found"`
	LastGood *trial  `json:"last_good,omitempty"`
	FirstBad *trial  `json:"first_bad,omitempty"`
	LastBad  *trial  `json:"last_bad,omitempty"` // of what was fixed
	FirstFix *trial  `json:"first_good,omitempty"`
	Open     []trial `json:"open,omitempty"` // skipped, and each may be it as well
	Problem  string  `json:"problem,omitempty"`
	Trials   []trial `json:"trials"` // in their order

	Changelog     []changelogEntry `json:"changelog"` // what it says of eBPF
	ChangelogNote string           `json:"changelog_note,omitempty"`
}

type changelogEntry struct {
	Title string   `json:"title"`
	Items []string `json:"items"`
}

func (f *bisectFlags) report(b *bench, refs []kernel.Ref, first bisect.Outcome) *bisectReport {
	r := &bisectReport{trialReport: b.report(), Good: f.good, Bad: f.bad, Change: "broke", Packages: len(refs),
		Steps: len(b.trials) - 2, Trials: b.trials, Changelog: []changelogEntry{}}
	if first == bisect.Bad {
		r.Change = "fixed"
	}
	return r
}

// wrongEnd records that an end is not as it was said to be, and returns the exit code.
func (r *bisectReport) wrongEnd(b *bench, end *bisect.EndError) int {
	i := 0
	if end.Index > 0 {
		i = 1
	}
	t := b.trials[i]
	r.Problem = fmt.Sprintf("%v: %s", end, t.named())
	if why := t.explained(); why != "" {
		r.Problem += ", " + why
	}
	if end.Got == bisect.Skip {
		return verdict.ExitInfra
	}
	return verdict.ExitFail
}

// found records the two packages, and what the newer one says of its changes.
func (r *bisectReport) found(ctx context.Context, b *bench, refs []kernel.Ref, f bisect.Found) {
	r.Found = f.Exact()
	before, after := b.trialOf(refs[f.Last]), b.trialOf(refs[f.First])
	if r.Change == "broke" {
		r.LastGood, r.FirstBad = before, after
	} else {
		r.LastBad, r.FirstFix = before, after
	}
	for _, i := range f.Open {
		r.Open = append(r.Open, *b.trialOf(refs[i]))
	}
	entries, err := b.cat.Changes(ctx, refs[f.Last], refs[f.First])
	switch about := changelog.AboutBPF(entries); {
	case err != nil:
		r.ChangelogNote = "its changelog could not be read: " + err.Error()
	case len(entries) == 0:
		r.ChangelogNote = "its packages say nothing of changes since then"
	case len(about) == 0:
		r.ChangelogNote = "its changelog names nothing about eBPF"
	default:
		for _, e := range about {
			r.Changelog = append(r.Changelog, changelogEntry(e))
		}
	}
}

// trialOf finds the trial of a kernel.
func (b *bench) trialOf(ref kernel.Ref) *trial {
	for i := range b.trials {
		if b.trials[i].SHA256 == ref.Package().SHA256 {
			return &b.trials[i]
		}
	}
	return nil
}

// line returns a trial in one line.
func (t trial) line() string {
	text := fmt.Sprintf("  %-4s  %s", t.Outcome, t.named())
	if why := t.explained(); why != "" {
		text += "  (" + why + ")"
	}
	return text
}

// named returns the package with its version.
func (t trial) named() string { return t.Package + " " + t.Version }

func (r *bisectReport) print(w io.Writer) {
	if r.Problem != "" {
		fmt.Fprintln(w, r.Problem)
		return
	}
	for _, line := range []struct {
		title string
		t     *trial
	}{{"last good", r.LastGood}, {"last bad", r.LastBad}, {"first bad", r.FirstBad}, {"first good", r.FirstFix}} {
		if line.t != nil {
			fmt.Fprintf(w, "%-10s  %s, sha256 %s\n", line.title, line.t.named(), line.t.SHA256)
		}
	}
	fmt.Fprintf(w, "in %s\n", steps(r.Steps))
	for _, t := range r.Open {
		fmt.Fprintf(w, "it may as well be %s, which was skipped (%s)\n", t.named(), t.explained())
	}
	if r.ChangelogNote != "" {
		fmt.Fprintln(w, r.ChangelogNote)
		return
	}
	fmt.Fprintln(w, "its changelog about eBPF:")
	for _, e := range r.Changelog {
		fmt.Fprintf(w, "  %s\n", e.Title)
		for _, item := range e.Items {
			fmt.Fprintf(w, "    %s\n", item)
		}
	}
}
