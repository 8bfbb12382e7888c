package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"github.com/bpflab/bpflab/harness/bisect"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// trialFlags are the flags of the verbs that try something on the packages of kernels.
type trialFlags struct {
	execFlags
	loaders loaderFlags
	attach  bool
	starter bool

	open func(kernel.Progress, kernelOrigin, bool) (*catalogue.Catalogue, error)
}

// trial is what came of one package. The keys are a published contract (docs/bisect.md).
type trial struct {
	Source  string         `json:"source"`
	Track   string         `json:"track,omitempty"`
	Suite   string         `json:"suite,omitempty"`
	Arch    string         `json:"arch,omitempty"` // "" means amd64
	Variant string         `json:"variant,omitempty"`
	Package string         `json:"package"` // that carries the image
	Version string         `json:"package_version"`
	Release string         `json:"release"` // as the package promises it
	SHA256  string         `json:"sha256"`
	Outcome bisect.Outcome `json:"outcome"`
	Verdict string         `json:"verdict"` // as run, verify and exec have it
	Reason  string         `json:"reason,omitempty"`
	Results string         `json:"results,omitempty"` // directory, relative to the result directory
}

// define defines the flags; jobs is the help of -j.
func (f *trialFlags) define(flags *pflag.FlagSet, jobs string) {
	f.open = openCatalogue
	f.defineProvider(flags)
	f.defineRun(flags, jobs)
	f.defineCold(flags)
	f.defineSplats(flags)
	f.defineCommand(flags)
	f.defineConsent(flags, "try it")
	flags.DurationVar(&f.timeout, "timeout", 0, "end a command after this time, which makes the kernel a bad one")
	flags.BoolVar(&f.starter, "starter", false, "use the labs' starters instead of their solutions")
	flags.BoolVar(&f.attach, "attach", false, "attach each program of an object too")
	f.loaders.define(flags)
	defineJSON(flags, &f.json, "what was found")
}

// bench tries a subject on kernels.
type bench struct {
	flags    *trialFlags
	std      streams // err is for the subject's own output, too
	out      io.Writer
	subject  subject
	provider vms.Provider
	caps     vms.Caps
	cat      *catalogue.Catalogue
	dir      string
	began    time.Time
	rounds   int
	trials   []trial // all so far
}

// bench prepares what the arguments say. dashed reports whether they followed --.
func (f *trialFlags) bench(ctx context.Context, std streams, args []string, dashed bool) (*bench, error) {
	if f.jobs < 0 || f.retries < 0 {
		return nil, usageError{errors.New("--jobs is at least 0")}
	}
	if err := f.checkSize(ctx); err != nil {
		return nil, err
	}
	b := &bench{flags: f, std: std, out: std.beside(f.json), began: time.Now()}
	var err error
	if b.subject, err = f.subject(args, dashed); err != nil {
		return nil, err
	}
	f.provider.own = true // no kernel is tried twice, so no machine would be taken
	if b.provider, err = f.provider.open(); err != nil {
		return nil, err
	}
	if b.caps, err = b.provider.Caps(ctx); err != nil {
		return nil, err
	}
	if b.caps.Kernels != vms.AnyKernel {
		return nil, usageError{fmt.Errorf("packages of kernels are for machines that bpflab boots itself, as those of --provider qemu are; %s has its own kernels", b.provider.Name())}
	}
	if b.cat, err = f.open(std.downloads(), f.origin, f.locked); err != nil {
		return nil, err
	}
	b.dir, err = resultDir(f.dir)
	return b, err
}

// try tries the subject on the kernels, all at a time, and returns what came of them. A
// kernel that cannot be had or booted is skipped.
func (b *bench) try(ctx context.Context, refs []kernel.Ref) ([]trial, error) {
	images, missing := b.fetch(ctx, refs)
	var there []kernel.Image
	for i, image := range images {
		if missing[i] == nil {
			there = append(there, image)
		}
	}
	b.rounds++
	round := fmt.Sprintf("%03d", b.rounds)
	judged, err := b.judge(ctx, there, filepath.Join(b.dir, round))
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	var all []trial
	for i, ref := range refs {
		t := trialOf(ref)
		if missing[i] != nil {
			t.judge(judgement{bisect.Skip, string(verdict.Infra), missing[i].Error()})
		} else {
			t.judge(judged[0])
			t.Results, judged = round, judged[1:]
		}
		all = append(all, t)
	}
	b.trials = append(b.trials, all...)
	return all, nil
}

// fetch brings the kernels into the cache, each under the version of its package.
func (b *bench) fetch(ctx context.Context, refs []kernel.Ref) ([]kernel.Image, []error) {
	images, missing := make([]kernel.Image, len(refs)), make([]error, len(refs))
	var group errgroup.Group
	group.SetLimit(4)
	for i, ref := range refs {
		ref.Selector = ref.Package().Version + ref.Arch.Suffix() + ref.Variant.Suffix()
		group.Go(func() error {
			images[i], missing[i] = b.cat.Exactly(ctx, ref)
			return nil
		})
	}
	_ = group.Wait() // each has its own error
	return images, missing
}

// judge tries the subject on kernels that are there; dir is for what it leaves.
func (b *bench) judge(ctx context.Context, images []kernel.Image, dir string) ([]judgement, error) {
	if len(images) == 0 || ctx.Err() != nil {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	pool, err := b.flags.pool(b.std, b.provider, b.caps, dir)
	if err != nil {
		return nil, err
	}
	judged, err := b.subject.on(ctx, b, environment{provider: b.provider, images: images, dir: dir, pool: pool})
	if err == nil && len(judged) != len(images) {
		err = fmt.Errorf("%d judgements of %d kernels", len(judged), len(images))
	}
	return judged, err
}

func trialOf(ref kernel.Ref) trial {
	p := ref.Package()
	return trial{Source: ref.Source, Track: ref.Track, Suite: ref.Suite, Arch: string(ref.Arch.OrZero()), Variant: string(ref.Variant),
		Package: p.Package, Version: p.Version, Release: ref.Release, SHA256: p.SHA256}
}

func (t *trial) judge(j judgement) { t.Outcome, t.Verdict, t.Reason = j.outcome, j.verdict, j.reason }

// explained returns verdict and reason, "" for what needs no word.
func (t trial) explained() string {
	switch {
	case t.Outcome == bisect.Good:
		return ""
	case t.Reason == "":
		return t.Verdict
	}
	line, _, _ := strings.Cut(t.Reason, "\n")
	return t.Verdict + ": " + line
}

// trialReport is what the reports of both verbs begin with.
type trialReport struct {
	Schema  int       `json:"schema"`
	Tool    string    `json:"tool"`
	Started time.Time `json:"started"`
	Seconds float64   `json:"seconds"`
	Command []string  `json:"command"`
	Subject string    `json:"subject"`
}

func (b *bench) report() trialReport {
	return trialReport{Schema: 1, Tool: version, Started: b.began.UTC(), Seconds: time.Since(b.began).Seconds(), Command: os.Args, Subject: b.subject.String()}
}
