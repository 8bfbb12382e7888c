package main

import (
	"context"

	"github.com/bpflab/bpflab/ci/table"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// newAge is the first kernel with the features that most of bpflab's peers
// need; on what is older few measure anything.
var newAge = kernel.Version{Major: 5, Minor: 2}

// findKernels returns the images of the selectors, or the usual ones, fetched
// where needed. Their Series is what tables call them.
func findKernels(ctx context.Context, selectors []string) ([]kernel.Image, error) {
	cat, err := catalogue.Open(catalogue.Options{Lock: vms.KernelsLock})
	if err != nil {
		return nil, err
	}
	if len(selectors) == 0 {
		known, err := cat.List()
		if err != nil {
			return nil, err
		}
		selectors = append([]string{"default"}, oldImports(known)...)
	}
	refs, err := cat.Resolve(ctx, selectors)
	if err != nil {
		return nil, err
	}
	var images []kernel.Image
	for _, ref := range refs {
		image, err := cat.Image(ctx, ref)
		if err != nil {
			return nil, err
		}
		images = append(images, image)
	}
	return images, nil
}

// oldImports selects the imported kernels older than newAge.
func oldImports(known []kernel.Ref) []string {
	var out []string
	for _, ref := range known {
		if ref.Source == kernel.Local && ref.Version.Compare(newAge) < 0 {
			out = append(out, ref.Label())
		}
	}
	return out
}

// selector names exactly this kernel to bpflab.
func selector(image kernel.Image) string {
	if image.Source == kernel.Local {
		return image.Series
	}
	return image.Release
}

// kernelPart lists the kernels that are measured.
func kernelPart(images []kernel.Image) part {
	t := table.Table{Head: []string{"kernel", "release", "from"}}
	old := false
	for _, image := range images {
		t.Add(image.Series, image.Release, image.Source+" "+image.Package+" "+image.PkgVer)
		old = old || image.Version.Compare(newAge) < 0
	}
	p := part{title: "Kernels", tables: []table.Table{t}}
	if !old {
		p.after = "No kernel before 5.2 was measured: none is imported here (`bpflab kernels import`)."
	}
	return p
}
