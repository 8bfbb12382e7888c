// Package features asks many kernels what of eBPF they have, by trying it, and
// sets the answers beside each other.
package features

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/upstream"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/wire"
)

// Schema is the version of Report's JSON.
const Schema = 1

// Report is one run of `bpflab features`.
type Report struct {
	Schema   int               `json:"schema"`
	Tool     string            `json:"tool"`
	Started  time.Time         `json:"started"`
	Seconds  float64           `json:"seconds"`
	Kernels  []Kernel          `json:"kernels"`
	Features []Feature         `json:"features"`
	Infra    map[string]string `json:"infra,omitempty"` // why a kernel could not be asked

	Unsupported map[string]string `json:"unsupported,omitempty"` // why a kernel cannot be booted as its variant says
}

// Kernel is one that was asked.
type Kernel struct {
	Selector string `json:"selector"`
	Release  string `json:"release"`        // uname -r
	Arch     string `json:"arch,omitempty"` // by Debian's name: "arm64"; "" means amd64
	Variant  string `json:"variant,omitempty"`
	Package  string `json:"package,omitempty"`
	SHA256   string `json:"sha256,omitempty"`

	// Listed are the kinds of which its BTF has all names. Of another kind, a name that
	// only other kernels have was not asked for.
	Listed []string `json:"listed,omitempty"`

	version kernel.Version
}

// Feature is one feature on one kernel.
type Feature struct {
	Kernel       string `json:"kernel"`
	Kind         string `json:"kind"`
	Name         string `json:"name"`
	Supported    bool   `json:"supported"`
	Named        bool   `json:"named,omitempty"`    // its BTF names it, and no probe decides about it
	Inconclusive bool   `json:"unsure,omitempty"`   // the kernel's answer was neither yes nor no; Note has it
	Since        string `json:"since,omitempty"`    // the oldest kernel of the run, of the same architecture, that has it
	Upstream     string `json:"upstream,omitempty"` // the release that brought it, where that is known
	Note         string `json:"note,omitempty"`
}

// Run asks all kernels. One that cannot be asked is in Infra or
// Unsupported.
func Run(ctx context.Context, images []kernel.Image, pool *scheduler.Pool) Report {
	r := Report{Schema: Schema, Kernels: make([]Kernel, len(images))}
	answers, failed := make([]wire.FeaturesResult, len(images)), make([]error, len(images))
	var tasks []scheduler.Task
	for i, image := range images {
		r.Kernels[i] = Kernel{Selector: image.Selector, Arch: string(image.Arch.OrZero()), Variant: string(image.Variant), Package: image.Package, SHA256: image.SHA256, version: image.Version}
		tasks = append(tasks, task(i, image))
	}
	pool.Each(ctx, tasks, func(i int, slot *scheduler.Slot) {
		if slot == nil {
			failed[i] = errors.New("interrupted")
			return
		}
		failed[i] = slot.Do(ctx, func(ctx context.Context, a *scheduler.Attempt) (err error) {
			r.Kernels[i].Release = a.Session.Ready.Release
			answers[i], err = ask(ctx, a.Session)
			return err
		}, nil)
	})
	for i, err := range failed {
		if err != nil {
			r.fail(images[i].Selector, err)
		}
	}
	r.collect(answers)
	return r
}

// fail records why there are no answers of a kernel.
func (r *Report) fail(selector string, err error) {
	why := &r.Infra
	if errors.As(err, new(*vms.UnsupportedError)) {
		why = &r.Unsupported
	}
	if *why == nil {
		*why = map[string]string{}
	}
	(*why)[selector] = err.Error()
}

// memory of a machine, in bytes, so that no probe fails for want of it.
const memory = 2 << 30

// task asks for a machine for the ith kernel.
func task(i int, image kernel.Image) scheduler.Task {
	return scheduler.Task{Class: "features", Machine: vms.Spec{Kernel: image, Memory: memory}, Dir: func(n int) string {
		dir := filepath.Join("machines", fmt.Sprintf("%03d", i))
		if n > 1 {
			dir += fmt.Sprintf("-%d", n)
		}
		return dir
	}}
}

// ask asks a kernel for all features, and sorts its answers.
func ask(ctx context.Context, s *session.Session) (res wire.FeaturesResult, err error) {
	err = s.Call(ctx, wire.OpFeatures, nil, &res, wire.IO{})
	slices.SortFunc(res.Features, wire.Feature.Compare)
	return res, err
}

// collect makes a list of all answers, feature by feature.
func (r *Report) collect(answers []wire.FeaturesResult) {
	complete(answers)
	for i, some := range answers {
		r.Kernels[i].Listed = some.Listed
		for _, f := range some.Features {
			r.Features = append(r.Features, r.Kernels[i].feature(f))
		}
	}
	since, arches := r.since(), r.arches()
	for i := range r.Features {
		f := &r.Features[i]
		f.Since = since[[3]string{f.Kind, f.Name, arches[f.Kernel]}]
	}
	slices.SortStableFunc(r.Features, func(a, b Feature) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
}

// complete adds to each answer what only other kernels were asked for, because their BTF
// names it. A kernel lacks it if its own BTF has all names of that kind.
func complete(answers []wire.FeaturesResult) {
	var all []wire.Feature
	for _, some := range answers {
		all = append(all, some.Features...)
	}
	for i := range answers {
		have := map[[2]string]bool{}
		for _, f := range answers[i].Features {
			have[[2]string{f.Kind, f.Name}] = true
		}
		for _, f := range all {
			key := [2]string{f.Kind, f.Name}
			if !have[key] && slices.Contains(answers[i].Listed, f.Kind) {
				have[key] = true
				answers[i].Add(f.Kind, f.Name, wire.Answer{Note: "the kernel's BTF does not name it"})
			}
		}
	}
}

// feature returns a kernel's answer with what is known about the feature.
func (k Kernel) feature(f wire.Feature) Feature {
	out := Feature{Kernel: k.Selector, Kind: f.Kind, Name: f.Name, Supported: f.Supported, Named: f.Named, Inconclusive: f.Inconclusive, Note: f.Note}
	out.Upstream, _ = upstream.Since(f.Kind, f.Name)
	if note := k.disagreement(out); note != "" && !f.Inconclusive && !f.Named {
		out.Note = strings.TrimSuffix(note+": "+f.Note, ": ")
	}
	return out
}

// disagreement returns an explanation where the answer is not what the version suggests.
func (k Kernel) disagreement(f Feature) string {
	if f.Upstream == "" {
		return ""
	}
	came, err := kernel.ParseVersion(f.Upstream)
	otherwise := ""
	if k.Arch != "" {
		otherwise = ", or not made for " + k.Arch
	}
	switch older := k.version.Compare(came) < 0; {
	case err != nil || older != f.Supported:
		return ""
	case older:
		return "a backport, Linux has it from " + f.Upstream + " on"
	}
	return "switched off" + otherwise + ", Linux has it from " + f.Upstream + " on"
}

// disagrees reports whether Note describes a disagreement.
func (f Feature) disagrees() bool {
	return strings.HasPrefix(f.Note, "a backport") || strings.HasPrefix(f.Note, "switched off")
}

func (f Feature) key() [2]string { return [2]string{f.Kind, f.Name} }

// since returns the oldest kernel of each architecture that has each feature, or names it, by
// kind, name and architecture.
func (r *Report) since() map[[3]string]string {
	versions, arches := map[string]kernel.Version{}, r.arches()
	for _, k := range r.Kernels {
		versions[k.Selector] = k.version
	}
	first := map[[3]string]string{}
	for _, f := range r.Features {
		key := [3]string{f.Kind, f.Name, arches[f.Kernel]}
		now, known := first[key]
		if (f.Supported || f.Named) && (!known || versions[f.Kernel].Compare(versions[now]) < 0) {
			first[key] = f.Kernel
		}
	}
	return first
}

// arches returns the architectures of the kernels, by their selectors.
func (r *Report) arches() map[string]string {
	arches := map[string]string{}
	for _, k := range r.Kernels {
		arches[k.Selector] = k.Arch
	}
	return arches
}
