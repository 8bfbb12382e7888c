package main

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/bpflab/bpflab/harness/bisect"
	"github.com/bpflab/bpflab/harness/verify"
)

// objectSubject is eBPF objects, loaded as `bpflab verify` does.
type objectSubject struct {
	objects []*verify.Object
	options verify.Options
}

func (f *trialFlags) objectSubject(names []string) (subject, error) {
	objects, err := openObjects(names)
	if err != nil {
		return nil, usageError{err}
	}
	options, err := f.loaders.options(objects)
	if err != nil {
		return nil, usageError{err}
	}
	if objects, _, err = f.loaders.set(objects, verify.Presets{}); err != nil {
		return nil, usageError{err}
	}
	options.Attach = f.attach
	return &objectSubject{objects, options}, nil
}

func (s *objectSubject) String() string {
	var names []string
	for _, o := range s.objects {
		names = append(names, o.Name)
	}
	return strings.Join(names, " ")
}

func (s *objectSubject) on(ctx context.Context, _ *bench, e environment) ([]judgement, error) {
	began := time.Now()
	options := s.options
	options.Pool = e.pool
	if err := options.CheckKernels(e.images); err != nil {
		return nil, usageError{err}
	}
	found := verify.Report{Schema: verify.Schema, Tool: version, Started: began.UTC()}
	found.Results = verify.Run(ctx, s.objects, e.images, options)
	found.Seconds = time.Since(began).Seconds()
	if err := saveJSON(filepath.Join(e.dir, "verify.json"), io.Discard, found); err != nil {
		return nil, err
	}
	var all []judgement
	for _, image := range e.images {
		all = append(all, judgePrograms(found.Results, image.Selector))
	}
	return all, nil
}

// judgePrograms judges a kernel by its programs: one that is rejected makes it bad, and one
// that nobody decided about leaves it unjudged, as an object without any program does.
func judgePrograms(results []verify.Result, kernel string) judgement {
	worst, loaded := judgement{bisect.Good, verify.Accepted, ""}, false
	for _, r := range results {
		if r.Kernel != kernel {
			continue
		}
		j := judgement{bisect.Skip, r.Verdict, r.Infra}
		if r.Reason != nil {
			j.reason = r.Reason.Text
		}
		switch r.Verdict {
		case verify.Accepted:
			j.outcome, loaded = bisect.Good, true
		case verify.Rejected, verify.ByLoader:
			j.outcome = bisect.Bad
		case verify.Optional:
			continue
		}
		if j.reason != "" {
			j.reason = strings.TrimPrefix(r.Program+": "+j.reason, ": ")
		}
		worst = worseOf(worst, j)
	}
	if worst.outcome == bisect.Good && !loaded {
		return judgement{bisect.Skip, verify.Optional, "none of its programs was loaded"}
	}
	return worst
}
