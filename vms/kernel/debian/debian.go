// Package debian finds and fetches kernels of Debian suites.
//
// Package apt verifies them, with the keys of the Debian archive, which come with the
// binary. Archived suites are stretch and buster.
package debian

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apt"
)

// Source is Debian. It satisfies kernel.Source.
type Source struct {
	mirrors Mirrors
	keys    Keys
	archive apt.Archive
}

// Options of New. Blobs and States are required.
type Options struct {
	Mirrors Mirrors
	Keys    Keys             // zero: ArchiveKeys
	Now     func() time.Time // nil: time.Now
	Blobs   kernel.Blobs
	States  kernel.States
}

// New returns the source. It contacts nobody.
func New(o Options) (*Source, error) {
	mirrors, err := o.Mirrors.complete()
	if err != nil {
		return nil, err
	}
	if o.Keys.Current == nil {
		o.Keys = ArchiveKeys()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Source{mirrors, o.Keys, apt.Archive{Source: kernel.Debian, Now: o.Now, Blobs: o.Blobs, States: o.States}}
	if mirrors.Snapshot != "" {
		s.archive.Elsewhere = s.inSnapshots
	}
	return s, nil
}

// Name returns "debian".
func (*Source) Name() string { return kernel.Debian }

// Claim claims nothing: a selector after "debian/" is read like one without a source.
func (*Source) Claim(string) (string, bool, error) { return "", false, nil }

// Tracks returns the series that the suites were released with.
func (*Source) Tracks() []string {
	return slices.DeleteFunc(Series(kernel.AMD64), func(s string) bool { return strings.ContainsAny(s, "<>=") || s == "latest" })
}

// Series returns the series that suites with an architecture were released with, and "latest"
// where one has newer kernels too.
func Series(arch kernel.Arch) []string {
	var all []string
	for _, s := range suites {
		name := s.kernels
		if strings.ContainsAny(name, "<>") {
			name = "latest"
		}
		if slices.Contains(s.arches, arch.OrDefault()) && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// Mirror returns the Release of the stable suite.
func (s *Source) Mirror() string { return s.mirrors.Main + "/dists/stable/Release" }

// Archive returns the URL of the archive, which has what Mirror no longer has.
func (s *Source) Archive() string { return s.mirrors.Archive }

// List returns the kernels that are wanted: with a track, which is a version or a release,
// those that the unstable suite once had, from a service of snapshots. Otherwise it asks only
// the suites in which such kernels are at home; a suite that does not answer is a note. Where no suite
// answered, the error is the first suite's.
func (s *Source) List(ctx context.Context, want kernel.Want) ([]kernel.Ref, []string, error) {
	if want.Track != "" {
		refs, err := s.listSnapshot(ctx, want.Track, want.Arch)
		return refs, nil, err
	}
	asked := suitesFor(want.Within, want.Arch)
	results := make([]apt.Result, len(asked))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for i, suite := range asked {
		group.Go(func() error {
			refs, err := s.listSuite(groupCtx, suite, want.Arch)
			results[i] = apt.Result{Suite: suite.name, Refs: refs, Err: err}
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	return apt.Join(results, want.Within, explain)
}

// Fetch brings the packages of ref into the store.
func (s *Source) Fetch(ctx context.Context, ref kernel.Ref) ([]string, error) {
	if base, ok := s.snapshotOf(ref.Suite); ok {
		return s.archive.Fetch(ctx, base, ref.Files)
	}
	suite, ok := suiteNamed(ref.Suite)
	if !ok {
		return nil, fmt.Errorf("%s %s: there is no suite %q; is the lock file from a newer bpflab?", ref.Label(), ref.Release, ref.Suite)
	}
	return s.archive.Fetch(ctx, s.mirrors.base(suite), ref.Files)
}

// listSuite returns the suite's kernels of an architecture. Errors are *kernel.UnavailableError
// with the suite's name. A suite need not have all architectures: those of long-term support are fewer.
func (s *Source) listSuite(ctx context.Context, suite suite, arch kernel.Arch) ([]kernel.Ref, error) {
	described, err := s.describe(suite)
	if err != nil {
		return nil, err
	}
	described.Arch = arch
	entries, release, err := s.archive.Kernels(ctx, described, isKept)
	if errors.Is(err, apt.ErrNoArch) && !arch.Is(kernel.AMD64) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return kernels(suite, arch, entries, release.Signer), nil
}

// describe returns what the suite must be.
func (s *Source) describe(suite suite) (apt.Suite, error) {
	ring, err := s.keys.ring(suite.archived())
	return apt.Suite{
		Name: suite.name, Title: "Debian", Base: s.mirrors.base(suite), Path: suite.path,
		Codename: suite.codename, Archived: suite.archived(), Ring: ring,
	}, err
}
