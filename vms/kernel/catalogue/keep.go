package catalogue

import (
	"context"
	"errors"
	"slices"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// List returns what is known without network: the pins by version, then the
// imports.
func (c *Catalogue) List() ([]kernel.Ref, error) { return c.known() }

// Available returns what the sources have now, the newest of each series and
// flavour, by version, with notes on what could not be looked at.
func (c *Catalogue) Available(ctx context.Context) ([]kernel.Ref, []string, error) {
	listed, notes, err := c.source.List(ctx, kernel.Range{})
	if err != nil {
		return nil, nil, err
	}
	newest := map[string]kernel.Ref{}
	for _, ref := range listed { // oldest first
		if best, ok := newest[ref.Label()]; !ok || ref.Version.Compare(best.Version) >= 0 {
			newest[ref.Label()] = ref
		}
	}
	refs := make([]kernel.Ref, 0, len(newest))
	for _, ref := range newest {
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, kernel.Ref.Compare)
	return refs, notes, nil
}

// Check is what Verify found of one kernel; Err is nil if all is well.
type Check struct {
	Ref kernel.Ref
	Err error
}

// Verify hashes every file of every known kernel in the cache again, and every
// package. What is damaged is removed, so that the next use fetches it anew.
// Packages that belong to no known kernel have a zero Ref.
func (c *Catalogue) Verify(ctx context.Context) ([]Check, error) {
	refs, err := c.known()
	if err != nil {
		return nil, err
	}
	var checks []Check
	for _, ref := range refs {
		err := c.verifyImage(ctx, ref)
		if !errors.Is(err, store.ErrAbsent) {
			checks = append(checks, Check{ref, err})
		}
	}
	bad, err := c.store.VerifyBlobs(ctx)
	for digest, why := range bad {
		err = errors.Join(err, c.store.Drop(kernel.File{SHA256: digest}))
		checks = append(checks, Check{owner(refs, digest), why})
	}
	return checks, err
}

func (c *Catalogue) verifyImage(ctx context.Context, ref kernel.Ref) error {
	err := c.store.VerifyImage(ctx, ref.ID())
	if err != nil && !errors.Is(err, store.ErrAbsent) && ctx.Err() == nil {
		err = errors.Join(err, c.store.RemoveImage(ctx, ref.ID()))
	}
	return err
}

func owner(refs []kernel.Ref, digest string) kernel.Ref {
	for _, ref := range refs {
		if slices.ContainsFunc(ref.Files, func(f kernel.File) bool { return f.SHA256 == digest }) {
			return ref
		}
	}
	return kernel.Ref{}
}

// Prune removes everything from the cache but the kernels that are pinned or
// imported, and returns the bytes freed. With everything set nothing but the
// imports is kept.
func (c *Catalogue) Prune(ctx context.Context, everything bool) (int64, error) {
	keep, err := c.known()
	if err != nil {
		return 0, err
	}
	if everything {
		keep = slices.DeleteFunc(keep, func(r kernel.Ref) bool { return r.Source != kernel.Local })
	}
	return c.store.Prune(ctx, keep)
}
