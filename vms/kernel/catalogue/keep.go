package catalogue

import (
	"context"
	"errors"
	"slices"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// List returns what is known without network: the pins by version, then the
// imports.
func (c *Catalogue) List() ([]kernel.Ref, error) { return c.known(), nil }

// Available returns what Debian has now, the newest of each series and
// flavour, by version, with notes on what could not be looked at.
func (c *Catalogue) Available(ctx context.Context) ([]kernel.Ref, []string, error) {
	source, err := c.sourceOf(kernel.Ref{Source: kernel.Debian})
	if err != nil {
		return nil, nil, err
	}
	listed, notes, err := source.List(ctx, kernel.Want{})
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

// Check is what Verify found of one kernel, or of one file that belongs to none that is
// known; Err is nil if all is well.
type Check struct {
	Ref  kernel.Ref // zero if no known kernel is concerned
	Kind string     // "kernel", "package", "import" or "state"
	Path string     // of the file or directory
	Err  error
}

// Verify hashes every kernel in the cache again, every package, and every record. What is
// damaged is removed, so that the next use fetches or unpacks it anew.
func (c *Catalogue) Verify(ctx context.Context) ([]Check, error) {
	refs := c.known()
	checks, err := c.verifyImages(ctx, refs)
	if err != nil {
		return checks, err
	}
	bad, err := c.store.VerifyBlobs(ctx)
	for digest, why := range bad {
		file := kernel.File{SHA256: digest}
		err = errors.Join(err, c.store.Drop(file))
		checks = append(checks, Check{owner(refs, digest), "package", c.store.BlobPath(file), why})
	}
	for _, f := range c.store.VerifyRecords() {
		err = errors.Join(err, cache.Remove(f.Path))
		checks = append(checks, Check{Kind: f.Kind, Path: f.Path, Err: f.Err})
	}
	return checks, err
}

// verifyImages checks the images of known kernels, and then those that only the cache
// knows of.
func (c *Catalogue) verifyImages(ctx context.Context, refs []kernel.Ref) ([]Check, error) {
	var checks []Check
	seen := map[string]bool{}
	for _, ref := range refs {
		if id := ref.ID(); !seen[id] {
			seen[id] = true
			checks = c.verifyImage(ctx, checks, ref, id)
		}
	}
	others, err := c.store.ImageIDs()
	for _, id := range others {
		if !seen[id] {
			checks = c.verifyImage(ctx, checks, kernel.Ref{}, id)
		}
	}
	return checks, errors.Join(err, ctx.Err())
}

// verifyImage appends what it finds of one image, if that is there at all, and removes a
// damaged one.
func (c *Catalogue) verifyImage(ctx context.Context, checks []Check, ref kernel.Ref, id string) []Check {
	err := c.store.VerifyImage(ctx, id)
	var damaged *cache.DamagedError
	if ctx.Err() != nil || errors.Is(err, store.ErrAbsent) && !errors.As(err, &damaged) {
		return checks
	}
	if err != nil {
		err = errors.Join(err, c.store.RemoveImage(ctx, id))
	}
	return append(checks, Check{ref, "kernel", c.store.ImageDir(id), err})
}

func owner(refs []kernel.Ref, digest string) kernel.Ref {
	for _, ref := range refs {
		if slices.ContainsFunc(ref.Files, func(f kernel.File) bool { return f.SHA256 == digest }) {
			return ref
		}
	}
	return kernel.Ref{}
}

// Prune removes everything from the kernels' part of the cache but the kernels that are
// pinned or imported. With everything set nothing but the imports is kept.
func (c *Catalogue) Prune(ctx context.Context, everything bool) error {
	keep := c.known()
	if everything {
		keep = slices.DeleteFunc(keep, func(r kernel.Ref) bool { return r.Source != kernel.Local })
	}
	return c.store.Prune(ctx, keep)
}

// Size returns the size of the whole cache, in bytes.
func (c *Catalogue) Size() int64 { return c.store.Size() }
