package catalogue

import (
	"context"
	"errors"

	"github.com/bpflab/bpflab/vms/kernel"
)

// Lock returns the lock file with the newest kernel that the sources have for
// each selector. Without selectors that is every series that Debian has in the cloud
// flavour, or the generic one where there is none, and what is pinned of other
// flavours and sources. Pins that no source answered for stay as they are; notes say why.
func (c *Catalogue) Lock(ctx context.Context, selectors []string) (lock kernel.Lock, notes []string, err error) {
	if c.locked {
		return lock, nil, errors.New("--locked forbids changing the lock file")
	}
	implied := map[string]bool{}
	if len(selectors) == 0 {
		selectors = append([]string{"all"}, c.otherPins(implied)...)
	}
	parsed, err := c.sources.parse(selectors)
	if err != nil {
		return lock, nil, err
	}
	lock = c.lock
	for _, s := range parsed {
		more, err := c.pin(ctx, s, &lock)
		var none *kernel.SelectorError
		if s.Perhaps() && errors.As(err, &none) {
			more, err = []string{s.String() + ": " + string(s.Arch()) + " has no such kernel"}, nil
		}
		var network *kernel.UnavailableError
		if implied[s.String()] && errors.As(err, &network) {
			more, err = []string{err.Error()}, nil
		}
		if err != nil {
			return lock, notes, err
		}
		notes = append(notes, more...)
	}
	more, err := c.pinBusyboxes(ctx, &lock)
	return lock, append(notes, more...), err
}

// Offered reports whether a pinned kernel's source still lists it.
func (c *Catalogue) Offered(ctx context.Context, ref kernel.Ref) (bool, error) {
	source, err := c.sourceOf(ref)
	if err != nil {
		return false, err
	}
	_, err = offered(ctx, source, ref)
	if errors.Is(err, kernel.ErrGone) {
		return false, nil
	}
	return err == nil, err
}

func (c *Catalogue) pin(ctx context.Context, s kernel.Selector, lock *kernel.Lock) ([]string, error) {
	if s.Variant() != "" {
		return nil, &kernel.SelectorError{Selector: s.String(), Problem: "is a variant, and the lock file has packages: pin the kernel without " + s.Variant().Suffix()}
	}
	if s.IsLocal() || s.Source() == kernel.Host {
		return nil, &kernel.SelectorError{Selector: s.String(), Problem: "only exists here: it cannot be pinned"}
	}
	refs, notes, err := c.lookUp(ctx, s, nil)
	for _, ref := range refs {
		*lock = lock.With(ref)
	}
	return notes, err
}

// otherPins returns the pins that "all" would not renew, and notes which of them are of
// other sources than Debian.
func (c *Catalogue) otherPins(foreign map[string]bool) []string {
	var labels []string
	for _, ref := range c.lock.Refs {
		if ref.Source != kernel.Debian || ref.Flavour != kernel.Cloud || !ref.Arch.Is(kernel.AMD64) {
			labels = append(labels, ref.Label())
			foreign[ref.Label()] = ref.Source != kernel.Debian
		}
	}
	return labels
}
