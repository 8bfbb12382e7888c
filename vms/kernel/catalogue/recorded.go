package catalogue

import (
	"context"
	"fmt"
	"slices"

	"github.com/bpflab/bpflab/vms/kernel"
)

// Recorded finds a kernel again by what a result says of it: its source, track and
// architecture, and the package that carries it, of which name, version and digest count. It looks among
// pins and imports, then in the cache, then at the source, whatever Options.Locked
// says, for it takes no kernel but this one. kernel.ErrGone is in the error if it is
// nowhere.
func (c *Catalogue) Recorded(ctx context.Context, source, track string, arch kernel.Arch, p kernel.File) (kernel.Ref, error) {
	if ref, ok := withDigest(c.known(), p.SHA256); ok {
		return ref, nil
	}
	version, err := kernel.ParseVersion(p.Version)
	from, ok := c.sources.named(source)
	if err != nil || !ok {
		return kernel.Ref{}, goneError(p)
	}
	ref := kernel.Ref{Source: source, Track: track, Arch: arch.OrZero(), Version: version, Files: []kernel.File{p}}
	if c.Cached(ref) { // no pin names it any longer; one package is all of it
		return ref, nil
	}
	return offered(ctx, from, ref)
}

// offered finds the package of ref at the source: also one that is not its newest.
func offered(ctx context.Context, source kernel.Source, ref kernel.Ref) (kernel.Ref, error) {
	p := ref.Package()
	want := kernel.Want{Track: ref.Track, Arch: ref.Arch}
	if ref.Track == "" {
		var err error
		if want.Within, err = kernel.ParseRange(ref.Series()); err != nil {
			return kernel.Ref{}, err
		}
	}
	listed, _, err := source.List(ctx, want)
	if err != nil {
		return kernel.Ref{}, fmt.Errorf("%s %s is neither here nor to be looked up: %w", p.Package, p.Version, withHint(err, ref.Source))
	}
	if found, ok := withDigest(listed, p.SHA256); ok {
		return found, nil
	}
	return kernel.Ref{}, goneError(p)
}

func withDigest(refs []kernel.Ref, digest string) (kernel.Ref, bool) {
	i := slices.IndexFunc(refs, func(r kernel.Ref) bool { return digest != "" && r.Package().SHA256 == digest })
	if i < 0 {
		return kernel.Ref{}, false
	}
	return refs[i], true
}

func goneError(p kernel.File) error {
	return fmt.Errorf("%s %s %w", p.Package, p.Version, kernel.ErrGone)
}
