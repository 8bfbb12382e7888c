package main

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/bpflab/bpflab/harness/bisect"
	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/plan"
	"github.com/bpflab/bpflab/harness/report"
	"github.com/bpflab/bpflab/harness/run"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// labSubject is labs, run as `bpflab run` does.
type labSubject struct {
	labs  []*lab.Lab
	lib   library
	flags *trialFlags
}

func (s *labSubject) String() string {
	var names []string
	for _, l := range s.labs {
		names = append(names, l.Name)
	}
	return strings.Join(names, " ")
}

func (s *labSubject) on(ctx context.Context, b *bench, e environment) ([]judgement, error) {
	cache, err := store.DefaultRoot()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	made := plan.Make(s.labs, e.images, plan.Options{Provider: b.provider.Name(), Caps: b.caps, Consent: s.flags.provider.consent})
	cells := run.Run(ctx, made.Cells, run.Options{
		Pool: e.pool, Builder: build.New(compiler(cache)), Tree: s.lib.tree, Starter: s.flags.starter,
	})
	result := verdict.Result{Schema: verdict.Schema, Tool: version, Started: began.UTC(), Seconds: time.Since(began).Seconds(),
		Command: os.Args, Starter: s.flags.starter, Provider: s.flags.provider.name, Cells: cells}
	if err := report.WriteDir(e.dir, result); err != nil {
		return nil, err
	}
	var all []judgement
	for _, image := range e.images {
		var own []verdict.Cell
		for i, c := range cells {
			if made.Cells[i].Kernel.SHA256 == image.SHA256 {
				own = append(own, c)
			}
		}
		for _, x := range made.Excluded {
			if x.Kernel.SHA256 == image.SHA256 {
				own = append(own, verdict.Cell{Lab: x.Lab.Name, Verdict: verdict.Unsupported, Reason: x.Reason})
			}
		}
		all = append(all, judgeCells(own))
	}
	return all, nil
}

// judgeCells judges a kernel by its cells: one that failed makes it bad, and one that says
// nothing about the kernel leaves it unjudged.
func judgeCells(cells []verdict.Cell) judgement {
	worst := judgement{bisect.Good, string(verdict.Pass), ""}
	for _, c := range cells {
		j := judgement{outcomeOf(c.Verdict), string(c.Verdict), c.Reason}
		if j.reason != "" && len(cells) > 1 {
			j.reason = c.Lab + ": " + j.reason
		}
		worst = worseOf(worst, j)
	}
	return worst
}
