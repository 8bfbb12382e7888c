package catalogue

import (
	"context"
	"errors"

	"github.com/bpflab/bpflab/vms/kernel"
)

// Lock returns the lock file with the newest kernel that the sources have for
// each selector. Without selectors that is every series they know in the cloud
// flavour, or the generic one where there is none, and what is pinned of other
// flavours. Pins that no source answered for stay as they are; notes say why.
func (c *Catalogue) Lock(ctx context.Context, selectors []string) (lock kernel.Lock, notes []string, err error) {
	if c.locked {
		return lock, nil, errors.New("--locked forbids changing the lock file")
	}
	if len(selectors) == 0 {
		selectors = append([]string{"all"}, c.otherFlavours()...)
	}
	parsed, err := kernel.ParseSelectors(selectors)
	if err != nil {
		return lock, nil, err
	}
	lock = c.lock
	for _, s := range parsed {
		more, err := c.pin(ctx, s, &lock)
		if err != nil {
			return lock, notes, err
		}
		notes = append(notes, more...)
	}
	return lock, notes, nil
}

func (c *Catalogue) pin(ctx context.Context, s kernel.Selector, lock *kernel.Lock) ([]string, error) {
	if s.IsLocal() {
		return nil, &kernel.SelectorError{Selector: s.String(), Problem: "is an import, which only exists here: it cannot be pinned"}
	}
	listed, notes, err := c.source.List(ctx, s.Range())
	if err != nil {
		return nil, err
	}
	refs, err := kernel.Select(s, listed)
	for _, ref := range refs {
		*lock = lock.With(ref)
	}
	return notes, err
}

// otherFlavours returns the pins that "all" would not renew.
func (c *Catalogue) otherFlavours() []string {
	var labels []string
	for _, ref := range c.lock.Refs {
		if ref.Flavour != kernel.Cloud {
			labels = append(labels, ref.Label())
		}
	}
	return labels
}
