package main

import (
	"context"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// fetchImages resolves selectors and brings the kernels they name into the
// cache, several at a time. A selector that names nothing is a usage error.
func fetchImages(ctx context.Context, cat *catalogue.Catalogue, arch *archFlag, selectors []string) ([]kernel.Image, error) {
	refs, err := arch.resolve(ctx, cat, selectors)
	if err != nil {
		return nil, err
	}
	if err := needSome(len(refs), "kernels", strings.Join(selectors, ",")+" names none; bpflab kernels list shows which there are"); err != nil {
		return nil, err
	}
	images := make([]kernel.Image, len(refs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for i, ref := range refs {
		group.Go(func() (err error) {
			images[i], err = cat.Image(ctx, ref)
			return err
		})
	}
	return images, group.Wait()
}
