package catalogue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/kernel/unpack"
)

// Image returns the kernel on disk, fetched and unpacked if need be; of many
// callers, in whatever process, one does the work. A package that has left
// its mirror is replaced by the newest of its series, with Image.Warning set,
// or is an error if Options.Locked is.
func (c *Catalogue) Image(ctx context.Context, ref kernel.Ref) (kernel.Image, error) {
	image, err := c.image(ctx, ref)
	if !errors.Is(err, kernel.ErrGone) || ref.Source == kernel.Local {
		return image, err
	}
	if c.locked {
		return image, fmt.Errorf("%w; leave out --locked to take the newest of the series", err)
	}
	return c.fallForward(ctx, ref, err)
}

// Cached reports whether Image would return at once.
func (c *Catalogue) Cached(ref kernel.Ref) bool {
	_, err := c.store.Image(ref.ID())
	return err == nil
}

// DiskSize returns the space of the unpacked kernel in bytes, 0 if it is not in
// the cache.
func (c *Catalogue) DiskSize(ref kernel.Ref) int64 { return c.store.ImageSize(ref.ID()) }

func (c *Catalogue) image(ctx context.Context, ref kernel.Ref) (kernel.Image, error) {
	image, err := c.store.Build(ctx, ref.ID(), c.filler(ctx, ref))
	return c.labelled(image, ref, err)
}

// filler returns what lays the kernel of ref out in a directory.
func (c *Catalogue) filler(ctx context.Context, ref kernel.Ref) func(string) (kernel.Image, error) {
	return func(dir string) (kernel.Image, error) { return c.fill(ctx, ref, dir) }
}

// fill lays the kernel of ref out in dir.
func (c *Catalogue) fill(ctx context.Context, ref kernel.Ref, dir string) (kernel.Image, error) {
	if ref.Source == kernel.Local {
		return c.fillImport(ctx, ref, dir)
	}
	source, err := c.sourceOf(ref)
	if err != nil {
		return kernel.Image{}, err
	}
	warning := c.damagedPackages(ref)
	packages, err := source.Fetch(ctx, ref)
	if err != nil {
		return kernel.Image{}, err
	}
	c.unpacks <- struct{}{}
	defer func() { <-c.unpacks }()
	c.progress.Note("unpacking " + cmp.Or(ref.Release, ref.Label()))
	image, err := unpacked(ctx, source, ref, packages, dir)
	if err == nil && ref.Release != "" && image.Release != ref.Release {
		err = fmt.Errorf("its packages hold %q, not %q", image.Release, ref.Release)
	}
	if err == nil && !image.Arch.Is(ref.Arch) {
		err = fmt.Errorf("its packages hold a kernel for %s, not for %s", image.Arch.OrDefault(), ref.Arch.OrDefault())
	}
	image.Warning = warning
	return image, err
}

// unpacked lays out the kernel that the files of a source hold.
func unpacked(ctx context.Context, source kernel.Source, ref kernel.Ref, files []string, dir string) (kernel.Image, error) {
	if own, ok := source.(kernel.Unpacker); ok {
		return own.Unpack(ctx, ref, files, dir)
	}
	return unpack.Packages(ctx, files, dir)
}

// damagedPackages returns a warning about packages in the cache that will be fetched
// again, "" if there are none.
func (c *Catalogue) damagedPackages(ref kernel.Ref) string {
	var all []string
	for _, file := range ref.Files {
		if err := c.store.CheckBlob(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			all = append(all, err.Error()+"; it was fetched again")
		}
	}
	return strings.Join(all, "; ")
}

// fallForward takes the newest kernel of the series of ref that its source
// has now.
func (c *Catalogue) fallForward(ctx context.Context, ref kernel.Ref, gone error) (kernel.Image, error) {
	newest, err := c.newest(ctx, ref)
	if err != nil {
		return kernel.Image{}, fmt.Errorf("%w, and its series cannot be looked up: %w", gone, err)
	}
	if newest.ID() == ref.ID() {
		return kernel.Image{}, gone
	}
	newest.Selector, newest.Variant = ref.Selector, ref.Variant
	image, err := c.image(ctx, newest)
	if err == nil {
		note := fmt.Sprintf("pinned %s %s has left its mirror, using %s", ref.Label(), ref.Package().Version, newest.Package().Version)
		c.progress.Note(note)
		image.Warning = strings.TrimPrefix(image.Warning+"; "+note, "; ")
	}
	return image, err
}

func (c *Catalogue) newest(ctx context.Context, ref kernel.Ref) (kernel.Ref, error) {
	word := ref.Label()
	if ref.Source == kernel.Debian {
		word = ref.Series() + "/" + ref.Flavour + ref.Arch.Suffix()
	}
	selectors, err := c.sources.parse([]string{word})
	if err != nil {
		return kernel.Ref{}, err
	}
	source, err := c.sourceOf(ref)
	if err != nil {
		return kernel.Ref{}, err
	}
	listed, _, err := source.List(ctx, selectors[0].Want())
	if err != nil {
		return kernel.Ref{}, err
	}
	refs, err := kernel.Select(selectors[0], listed)
	if err != nil {
		return kernel.Ref{}, err
	}
	return refs[0], nil
}

func (c *Catalogue) sourceOf(ref kernel.Ref) (kernel.Source, error) {
	source, ok := c.sources.named(ref.Source)
	if !ok {
		return nil, fmt.Errorf("there is no source %q; is the lock file from a newer bpflab?", ref.Source)
	}
	return source, nil
}

// labelled adds to the image, or to its error, what the store does not know: two
// selectors can name one image.
func (c *Catalogue) labelled(image kernel.Image, ref kernel.Ref, err error) (kernel.Image, error) {
	if err != nil {
		return kernel.Image{}, fmt.Errorf("kernel %s: %w", ref.Label(), withHint(err, ref.Source))
	}
	p := ref.Package()
	image.Keeper = &keeper{c, ref}
	image.Selector, image.Series, image.Variant, image.Source = ref.Selector, ref.Label(), ref.Variant, ref.Source
	image.Track, image.Suite, image.Signer = ref.Track, ref.Suite, cmp.Or(image.Signer, ref.Signer)
	image.Version, image.Package, image.PkgVer, image.SHA256 = ref.Version, p.Package, p.Version, p.SHA256
	if image.Version.IsZero() { // what the name of a container's image does not show
		image.Version, _ = kernel.ParseVersion(image.Release)
	}
	return image, nil
}

var _ kernel.Blobs = (*store.Store)(nil)
