// Package debian finds and fetches kernels of Debian suites.
//
// What it returns is verified along the whole chain: the suite's InRelease is
// signed by a key of the Debian archive (the keys come with the binary), has
// not expired, is of the suite asked for and not older than the one seen last;
// it holds the digest of the package index, which holds the digests of the
// packages. Archived suites (stretch, buster) are verified the same way as of
// the date of their last Release: their keys expire, and they no longer change.
package debian

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bpflab/bpflab/vms/kernel"
)

// Source is Debian. It satisfies kernel.Source.
type Source struct {
	mirrors Mirrors
	keys    Keys
	now     func() time.Time
	blobs   kernel.Blobs
	states  kernel.States
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
	return &Source{mirrors, o.Keys, o.Now, o.Blobs, o.States}, nil
}

// Name returns "debian".
func (*Source) Name() string { return kernel.Debian }

// Claim claims nothing: a selector after "debian/" is read like one without a source.
func (*Source) Claim(string) (string, bool, error) { return "", false, nil }

// Tracks returns the series that the suites were released with.
func (*Source) Tracks() []string {
	var tracks []string
	for _, s := range suites {
		if !strings.ContainsAny(s.kernels, "<>") && !slices.Contains(tracks, s.kernels) {
			tracks = append(tracks, s.kernels)
		}
	}
	return tracks
}

// Mirror returns the Release of the stable suite.
func (s *Source) Mirror() string { return s.mirrors.Main + "/dists/stable/Release" }

// List returns the kernels that are wanted. It asks only the suites in which such
// kernels are at home; a suite that does not answer is a note. Where no suite
// answered, the error is the first suite's.
func (s *Source) List(ctx context.Context, want kernel.Want) ([]kernel.Ref, []string, error) {
	asked := suitesFor(want.Within)
	results := make([]suiteResult, len(asked))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for i, suite := range asked {
		group.Go(func() error {
			refs, err := s.listSuite(groupCtx, suite)
			results[i] = suiteResult{suite, refs, err}
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	return join(results, want.Within)
}

// Fetch brings the packages of ref into the store.
func (s *Source) Fetch(ctx context.Context, ref kernel.Ref) ([]string, error) {
	suite, ok := suiteNamed(ref.Suite)
	if !ok {
		return nil, fmt.Errorf("%s %s: there is no suite %q; is the lock file from a newer bpflab?", ref.Label(), ref.Release, ref.Suite)
	}
	var paths []string
	for _, file := range ref.Files {
		path, err := s.blobs.Blob(ctx, file, s.mirrors.base(suite)+"/"+file.Path)
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}
