// Package ubuntu finds and fetches kernels of Ubuntu's long-term releases.
//
// They are verified by the chain that package apt describes, with the keys of the Ubuntu
// archive, which come with the binary. A kernel is split: linux-image-V has only
// /boot/vmlinuz-V, linux-modules-V its configuration and modules, and linux-modules-extra-V
// more drivers. The archive and its layout were looked at itself, see docs/kernels.md.
package ubuntu

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"golang.org/x/sync/errgroup"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apt"
)

// Launchpad keeps every package that ever was in the archive
// (https://lists.ubuntu.com/archives/kernel-team/2016-June/078677.html), and leads to it from
// the package's name. It was not reached when this was written.
const (
	defaultLaunchpad = "https://launchpad.net"
	primaryFiles     = "/ubuntu/+archive/primary/+files/"
)

// Source is Ubuntu. It satisfies kernel.Source.
type Source struct {
	mirror  string
	ring    openpgp.EntityList
	archive apt.Archive
}

// Options of New. Blobs and States are required.
type Options struct {
	Mirror string // see FindMirror
	Keys   []byte // armored; nil: those of the Ubuntu archive
	// Launchpad has the packages that have left the archive; "": BPFLAB_LAUNCHPAD, else launchpad.net.
	Launchpad string
	Now       func() time.Time // nil: time.Now
	Blobs     kernel.Blobs
	States    kernel.States
}

// New returns the source. It contacts nobody.
func New(o Options) (*Source, error) {
	mirror, err := FindMirror(o.Mirror)
	if err != nil {
		return nil, err
	}
	launchpad, err := apt.CheckMirror(cmp.Or(o.Launchpad, os.Getenv("BPFLAB_LAUNCHPAD"), defaultLaunchpad), defaultLaunchpad)
	if err != nil {
		return nil, err
	}
	if o.Keys == nil {
		o.Keys = archiveKeys
	}
	ring, err := apt.Ring(o.Keys)
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	archive := apt.Archive{Source: kernel.Ubuntu, Now: o.Now, Blobs: o.Blobs, States: o.States}
	archive.Elsewhere = func(_ context.Context, file kernel.File) (string, error) {
		return launchpad + primaryFiles + path.Base(file.Path), nil
	}
	return &Source{mirror, ring, archive}, nil
}

// Name returns "ubuntu".
func (*Source) Name() string { return kernel.Ubuntu }

// Claim claims selectors such as ubuntu/22.04, ubuntu/jammy/aws, ubuntu/22.04/hwe,
// ubuntu/20.04/5.15 and ubuntu/22.04/5.15.0-100-generic.
func (*Source) Claim(selector string) (string, bool, error) {
	rest, ours := kernel.CutSource(selector, kernel.Ubuntu)
	if !ours {
		return "", false, nil
	}
	t, err := parseTrack(rest)
	if err != nil {
		return "", true, &kernel.SelectorError{Selector: selector, Problem: err.Error(), Known: examples}
	}
	return t.String(), true, nil
}

// Tracks returns the releases.
func (*Source) Tracks() []string {
	var tracks []string
	for _, r := range releases {
		tracks = append(tracks, r.version)
	}
	return tracks
}

// Mirror returns the Release of a suite.
func (s *Source) Mirror() string { return s.mirror + "/dists/" + releases[0].codename + "/Release" }

// List returns the kernels that are wanted. Without a track these are the generic ones of
// the release that a series is at home in. A suite that does not answer is a note; where
// none did, the error is theirs.
func (s *Source) List(ctx context.Context, want kernel.Want) ([]kernel.Ref, []string, error) {
	asked, err := questions(want)
	if err != nil || len(asked) == 0 {
		return nil, nil, err
	}
	results := make([]apt.Result, 0, 2*len(asked))
	for _, q := range asked {
		for _, suite := range q.release.suites() {
			results = append(results, apt.Result{Suite: suite})
		}
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(2) // indexes of 20 MB
	for i := range results {
		q := asked[i/2]
		group.Go(func() error {
			results[i].Refs, results[i].Err = s.listSuite(groupCtx, results[i].Suite, q)
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	return apt.Join(results, want.Within, func(failed []apt.Result) []error {
		var all []error
		for _, r := range failed {
			all = append(all, r.Err)
		}
		return all
	})
}

func (s *Source) listSuite(ctx context.Context, name string, q question) ([]kernel.Ref, error) {
	entries, release, err := s.archive.Kernels(ctx, apt.Suite{
		Name: name, Title: "Ubuntu", Base: s.mirror, Path: name, Codename: q.release.codename, Suite: name, Ring: s.ring,
	}, isKernelPart)
	if err != nil {
		return nil, err
	}
	refs := q.filter(kernels(q, entries))
	for i := range refs {
		refs[i].Suite, refs[i].Signer = name, release.Signer
	}
	return refs, nil
}

// Fetch brings the packages of ref into the store.
func (s *Source) Fetch(ctx context.Context, ref kernel.Ref) ([]string, error) {
	if len(ref.Files) == 0 {
		return nil, fmt.Errorf("%s names no packages", ref.Label())
	}
	return s.archive.Fetch(ctx, s.mirror, ref.Files)
}
