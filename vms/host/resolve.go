package host

import (
	"context"
	"slices"

	"github.com/bpflab/bpflab/vms/kernel"
)

// names are the selectors that mean the running kernel, whichever it is.
var names = []string{"host", "running", "default"}

// Resolve names the running kernel, for the selectors "host", "running" and
// "default", its release, and a series, version or range that holds it. All
// others are a *kernel.SelectorError: no other kernel is available here. The
// image has no files.
func (p *Provider) Resolve(_ context.Context, selector string) ([]kernel.Image, bool, error) {
	release, err := running()
	if err != nil {
		return nil, true, failed(err, "use --provider qemu")
	}
	image := imageOf(release)
	if !means(selector, image) {
		return nil, true, &kernel.SelectorError{Selector: selector, Problem: "is not the kernel of this host, which runs " + release,
			Known: []string{names[0], image.Series, release}}
	}
	image.Selector = selector
	return []kernel.Image{image}, true, nil
}

// imageOf returns a running kernel as an image. Its version is what its release
// begins with: some distributions put the series alone there.
func imageOf(release string) kernel.Image {
	version, err := kernel.ParseVersion(release)
	if err != nil {
		return kernel.Image{Series: release, Source: "host", Release: release}
	}
	return kernel.Image{Series: version.Series(), Source: "host", Release: release, Version: version}
}

// means reports whether the selector is one of the image.
func means(selector string, image kernel.Image) bool {
	if selector == image.Release || slices.Contains(names, selector) {
		return true
	}
	within, err := kernel.ParseRange(selector)
	return err == nil && !within.IsZero() && !image.Version.IsZero() && within.Contains(image.Version)
}
