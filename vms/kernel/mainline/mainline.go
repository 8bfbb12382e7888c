// Package mainline finds and fetches the builds of upstream's kernels that Ubuntu's kernel
// team publishes at kernel.ubuntu.com/mainline, of nearly every release and candidate.
//
// CHECKSUMS.gpg is the team's signature of CHECKSUMS, which has the digest of each package
// of one build. The list of builds is an index page, which nobody has signed: a mirror can
// withhold the newest build, but not put another one in its place, because the names of the
// packages have the version in them.
//
// No machine that this was written on reaches kernel.ubuntu.com. What is said of its layout
// is from https://wiki.ubuntu.com/Kernel/MainlineBuilds, and from scripts that use it, such
// as pimlie/ubuntu-mainline-kernel.sh on GitHub.
package mainline

import (
	"cmp"
	"context"
	"os"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apt"
)

const (
	defaultMirror    = "https://kernel.ubuntu.com/mainline"
	defaultKeyServer = "https://keyserver.ubuntu.com"
	// fingerprint is that of the key "Kernel PPA <kernel-ppa@canonical.com>", as
	// https://wiki.ubuntu.com/Kernel/MainlineBuilds#Verifying_mainline_build_binaries had it.
	fingerprint = "60AA7B6F30434AE68E569963E50C6A0917C622B0"
)

// Source is the archive of builds. It satisfies kernel.Source.
type Source struct {
	mirror string
	key    signer
	blobs  kernel.Blobs
}

// Options of New. Blobs and States are required.
type Options struct {
	Mirror      string           // "": kernel.ubuntu.com
	KeyServer   string           // that has the key; "": BPFLAB_KEYSERVER, else keyserver.ubuntu.com
	Fingerprint string           // of the key; "": that of Ubuntu's kernel team
	Now         func() time.Time // nil: time.Now
	Blobs       kernel.Blobs
	States      kernel.States
}

// New returns the source. It contacts nobody.
func New(o Options) (*Source, error) {
	mirror, err := apt.CheckMirror(cmp.Or(o.Mirror, defaultMirror), defaultMirror)
	if err != nil {
		return nil, err
	}
	server, err := apt.CheckMirror(cmp.Or(o.KeyServer, os.Getenv("BPFLAB_KEYSERVER"), defaultKeyServer), defaultKeyServer)
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	key := signer{server, cmp.Or(o.Fingerprint, fingerprint), o.Now, o.Blobs, o.States}
	return &Source{mirror, key, o.Blobs}, nil
}

// Name returns "mainline".
func (*Source) Name() string { return kernel.Mainline }

// Claim claims selectors of series, versions and candidates: mainline/6.6, mainline/6.18.3,
// mainline/7.1-rc3.
func (*Source) Claim(selector string) (string, bool, error) {
	rest, ours := kernel.CutSource(selector, kernel.Mainline)
	if !ours {
		return "", false, nil
	}
	if _, err := parseTrack(rest); err != nil {
		return "", true, &kernel.SelectorError{
			Selector: selector, Problem: err.Error(), Known: []string{"mainline/6.6", "mainline/6.18.3", "mainline/7.1-rc3"},
		}
	}
	return rest, true, nil
}

// Tracks returns the series that are kept for long, and those around a change that matters
// to eBPF. There are builds of every other one too.
func (*Source) Tracks() []string {
	return []string{"4.14", "4.19", "5.1", "5.2", "5.3", "5.4", "5.10", "5.15", "6.1", "6.6", "6.12", "6.18"}
}

// Mirror returns the index of the builds.
func (s *Source) Mirror() string { return s.mirror + "/" }

// List returns the newest build of each series that is wanted, or the one build, or all of
// them. Builds that failed for this architecture are left out.
func (s *Source) List(ctx context.Context, want kernel.Want) ([]kernel.Ref, []string, error) {
	q, ok, err := questionOf(want)
	if err != nil || !ok {
		return nil, nil, err
	}
	versions, err := s.index(ctx)
	if err != nil {
		return nil, nil, err
	}
	var refs []kernel.Ref
	groups := q.candidates(versions)
	if want.All {
		groups = apart(groups)
	}
	for _, candidates := range groups {
		ref, found, err := s.newest(ctx, candidates)
		if err != nil {
			return nil, nil, err
		}
		if found {
			ref.Track = cmp.Or(want.Track, q.trackOf(ref.Version))
			refs = append(refs, ref)
		}
	}
	return refs, nil, nil
}

// Fetch brings the packages of ref into the store.
func (s *Source) Fetch(ctx context.Context, ref kernel.Ref) ([]string, error) {
	var paths []string
	for _, file := range ref.Files {
		path, err := s.blobs.Blob(ctx, file, s.mirror+"/"+file.Path)
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}
