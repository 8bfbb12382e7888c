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

// Available returns what Debian has now for architectures (this host's where none is named), the
// newest of each series and flavour, by version, with notes on what could not be looked at.
func (c *Catalogue) Available(ctx context.Context, arches ...kernel.Arch) (refs []kernel.Ref, notes []string, err error) {
	source, err := c.sourceOf(kernel.Ref{Source: kernel.Debian})
	if err != nil {
		return nil, nil, err
	}
	var listed []kernel.Ref
	for _, arch := range kernel.UsualArches(arches) {
		found, more, err := source.List(ctx, kernel.Want{Arch: arch.OrZero()})
		if err != nil {
			return nil, nil, err
		}
		listed, notes = append(listed, found...), append(notes, more...)
	}
	newest := map[string]kernel.Ref{}
	for _, ref := range listed { // oldest first
		if best, ok := newest[ref.Label()]; !ok || ref.Version.Compare(best.Version) >= 0 {
			newest[ref.Label()] = ref
		}
	}
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

// Prune removes everything from the kernels' part of the cache but the kernels and busyboxes that
// are pinned, and the kernels that are imported. With everything set nothing but the imports is
// kept. Where architectures are named, the kernels of others stay.
func (c *Catalogue) Prune(ctx context.Context, everything bool, arches ...kernel.Arch) error {
	keep := c.known()
	for _, b := range c.lock.Busyboxes {
		keep = append(keep, b.Ref())
	}
	if everything {
		keep = slices.DeleteFunc(keep, func(r kernel.Ref) bool { return r.Source != kernel.Local })
	}
	if len(arches) > 0 {
		return c.pruneOf(ctx, keep, arches)
	}
	return c.store.Prune(ctx, keep)
}

// pruneOf removes the kernels of some architectures that are not to be kept, each with its
// packages as far as they are known.
func (c *Catalogue) pruneOf(ctx context.Context, keep []kernel.Ref, arches []kernel.Arch) error {
	kept := map[string]bool{}
	for _, r := range keep {
		kept[r.ID()] = true
	}
	images, err := c.imagesOf(arches)
	for id, image := range images {
		if kept[id] {
			continue
		}
		err = errors.Join(err, c.store.RemoveImage(ctx, id))
		for _, f := range c.filesOf(id, image) {
			if owner(keep, f.SHA256).Files == nil {
				err = errors.Join(err, c.store.Drop(f))
			}
		}
	}
	return err
}

// imagesOf returns the images of some architectures in the cache.
func (c *Catalogue) imagesOf(arches []kernel.Arch) (map[string]kernel.Image, error) {
	ids, err := c.store.ImageIDs()
	images := map[string]kernel.Image{}
	for _, id := range ids {
		image, err := c.store.Image(id)
		if err == nil && slices.Contains(arches, image.Arch.OrDefault()) { // damaged ones are Verify's
			images[id] = image
		}
	}
	return images, err
}

// filesOf returns the packages of an image: all of them where it is known, else the one that the
// image itself names.
func (c *Catalogue) filesOf(id string, image kernel.Image) []kernel.File {
	for _, r := range c.known() {
		if r.ID() == id {
			return r.Files
		}
	}
	if image.SHA256 == "" {
		return nil
	}
	return []kernel.File{{SHA256: image.SHA256}}
}

// Digests returns the digests of the packages of all images of some architectures in the cache.
func (c *Catalogue) Digests(arches []kernel.Arch) (map[string]bool, error) {
	digests := map[string]bool{}
	images, err := c.imagesOf(arches)
	for id, image := range images {
		digests[image.SHA256] = true
		for _, f := range c.filesOf(id, image) {
			digests[f.SHA256] = true
		}
	}
	return digests, err
}

// Size returns the size of the whole cache, in bytes.
func (c *Catalogue) Size() int64 { return c.store.Size() }

// Remove removes a kernel with its packages from the cache, and forgets it if it is an import.
// One that is not there is no error; machines that run are not disturbed.
func (c *Catalogue) Remove(ctx context.Context, ref kernel.Ref) error {
	if ref.Source == kernel.Local {
		if err := c.Forget(ref.Name); err != nil {
			return err
		}
	}
	err := c.store.RemoveImage(ctx, ref.ID())
	for _, f := range ref.Files {
		err = errors.Join(err, c.store.Drop(f))
	}
	return err
}
