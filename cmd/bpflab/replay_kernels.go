package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// recorded returns the kernels of the cells: found by digest, and a provider's own by
// selector.
func (f *replayFlags) recorded(ctx context.Context, std streams, p vms.Provider, was verdict.Result) (map[verdict.Kernel]kernel.Image, error) {
	cat, err := openCatalogue(std.downloads(), f.origin, true)
	if err != nil {
		return nil, err
	}
	images := map[verdict.Kernel]kernel.Image{}
	for _, c := range was.Cells {
		k := identity(c.Kernel)
		if _, there := images[k]; there {
			continue
		}
		image, err := theSame(ctx, cat, p, k)
		if err != nil {
			return nil, err
		}
		image.Selector = k.Selector
		images[k] = image
	}
	return images, nil
}

// identity returns what distinguishes a kernel from others, without the release that it
// reported itself.
func identity(k verdict.Kernel) verdict.Kernel {
	k.Release = ""
	return k
}

// theSame finds the kernel with the recorded digest.
func theSame(ctx context.Context, cat *catalogue.Catalogue, p vms.Provider, k verdict.Kernel) (kernel.Image, error) {
	own, others, err := providerKernels(ctx, p, []string{k.Selector})
	if err != nil {
		return kernel.Image{}, err
	}
	if len(others) == 0 {
		return ofProvider(own, k)
	}
	ref, err := cat.Recorded(ctx, k.Source, k.Track, kernel.Arch(k.Arch), kernel.File{Package: k.Package, Version: k.Version, SHA256: k.SHA256})
	if err != nil {
		return kernel.Image{}, unavailable(k, err)
	}
	ref.Variant = kernel.Variant(k.Variant)
	image, err := cat.Image(ctx, ref)
	if err != nil {
		return kernel.Image{}, unavailable(k, err)
	}
	return image, nil
}

func ofProvider(own []kernel.Image, k verdict.Kernel) (kernel.Image, error) {
	i := slices.IndexFunc(own, func(image kernel.Image) bool { return image.SHA256 == k.SHA256 && image.PkgVer == k.Version })
	if i < 0 {
		return kernel.Image{}, unavailable(k, kernel.ErrGone)
	}
	return own[i], nil
}

// unavailable names the kernel in full.
func unavailable(k verdict.Kernel, err error) error {
	name := fmt.Sprintf("kernel %s (%s %s, sha256 %s)", k.Selector, k.Package, k.Version, k.SHA256)
	if errors.Is(err, kernel.ErrGone) {
		return fmt.Errorf("%s is no longer to be had: it is neither pinned, imported or in the cache, nor does a mirror offer it; if a lock file pins it, name that in %s", name, lockVariable)
	}
	return fmt.Errorf("%s: %w", name, err)
}
