package catalogue

import (
	"context"
	"path/filepath"

	"github.com/bpflab/bpflab/vms/kernel"
)

// keeper keeps the files of the image of one kernel.
type keeper struct {
	catalogue *Catalogue
	ref       kernel.Ref
}

// Check reads files of the image, by their absolute paths.
func (k *keeper) Check(ctx context.Context, paths ...string) error {
	id := k.ref.ID()
	inside := make([]string, len(paths))
	for i, path := range paths {
		var err error
		if inside[i], err = filepath.Rel(k.catalogue.store.ImageDir(id), path); err != nil {
			return err
		}
	}
	return k.catalogue.store.Check(ctx, id, inside...)
}

// Renew unpacks the kernel again.
func (k *keeper) Renew(ctx context.Context, damage error) (kernel.Image, error) {
	c := k.catalogue
	image, err := c.store.Rebuild(ctx, k.ref.ID(), damage, c.filler(ctx, k.ref))
	return c.labelled(image, k.ref, err)
}
