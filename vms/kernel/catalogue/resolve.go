package catalogue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/debian"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// Resolve returns the kernels that the selectors name, in that order, each
// once. One that "default" has only where it can be had is left out elsewhere, with a note.
func (c *Catalogue) Resolve(ctx context.Context, selectors []string) ([]kernel.Ref, error) {
	parsed, err := c.sources.parse(selectors)
	if err != nil {
		return nil, err
	}
	known := c.known()
	var found []kernel.Ref
	for _, s := range parsed {
		resolve := c.resolve
		if s.IsOptional() {
			resolve = c.optional
		}
		refs, err := resolve(ctx, s, known)
		var none *kernel.SelectorError
		if s.Perhaps() && errors.As(err, &none) {
			c.leaveOut(s, string(s.Arch())+" has no such kernel")
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, refs...)
	}
	if len(found) == 0 && len(parsed) > 0 && parsed[0].Perhaps() {
		return nil, &kernel.SelectorError{Selector: strings.Join(selectors, ","), Problem: "matches no kernel of any of these architectures"}
	}
	return kernel.Unique(found), nil
}

// known returns what needs no network: pinned and imported kernels.
func (c *Catalogue) known() []kernel.Ref {
	return append(append([]kernel.Ref{}, c.lock.Refs...), c.store.Imports()...)
}

func (c *Catalogue) resolve(ctx context.Context, s kernel.Selector, known []kernel.Ref) ([]kernel.Ref, error) {
	refs, err := kernel.Select(s, known)
	if err == nil || c.locked && s.Source() != kernel.Host || s.IsLocal() || s.IsAll() && len(known) > 0 {
		return refs, err
	}
	refs, notes, err := c.lookUp(ctx, s, known)
	var network *kernel.UnavailableError
	if errors.As(err, &network) {
		return nil, fmt.Errorf("kernel %q is neither in the lock file nor to be looked up: %w", s, err)
	}
	for _, note := range notes {
		c.progress.Note(note)
	}
	return refs, err
}

// lookUp asks the sources of a selector, one after the other, until one has a match; the
// others are not contacted. A source that does not answer ends the search: another one's
// kernel is not the same. Where an earlier source has answered that it has none, the
// selector is at fault, and the error says which source was not asked. What is known besides
// makes better messages.
func (c *Catalogue) lookUp(ctx context.Context, s kernel.Selector, known []kernel.Ref) (refs []kernel.Ref, notes []string, err error) {
	offered := append([]kernel.Ref{}, known...)
	answered := false
	for _, name := range s.Sources() {
		source, ok := c.sources.named(name)
		if !ok {
			continue
		}
		for _, want := range wants(s, name) {
			listed, more, err := source.List(ctx, want)
			if err != nil {
				return nil, notes, unanswered(s, offered, answered, withHint(err, name))
			}
			notes, offered = append(notes, more...), append(offered, listed...)
			if refs, err := kernel.Select(s, offered); err == nil {
				return refs, notes, nil
			}
		}
		answered = true
	}
	refs, err = kernel.Select(s, offered)
	return refs, notes, c.withSeries(s, err)
}

// withSeries adds to the error of a selector that matches nothing what Debian has for its
// architecture, where that is less than for others.
func (c *Catalogue) withSeries(s kernel.Selector, err error) error {
	var none *kernel.SelectorError
	if s.Arch() == "" || s.IsLocal() || !errors.As(err, &none) {
		return err
	}
	for _, one := range debian.Series(s.Arch()) {
		if selector := one + s.Arch().Suffix(); !slices.Contains(none.Known, selector) {
			none.Known = append(none.Known, selector)
		}
	}
	return err
}

// unanswered returns the error of a source that does not answer: as that of the selector
// where another source has answered before.
func unanswered(s kernel.Selector, offered []kernel.Ref, answered bool, err error) error {
	if _, nowhere := kernel.Select(s, offered); answered && nowhere != nil {
		return fmt.Errorf("%w; other sources could not be asked: %v", nowhere, err)
	}
	return err
}

// wants returns what to ask a source for, in turn. A version or release that a selector
// names together with its source may be in an archive, where the source looks only then.
func wants(s kernel.Selector, source string) []kernel.Want {
	all := []kernel.Want{s.Want()}
	if s.Source() == source && s.Exact() != "" {
		all = append(all, kernel.Want{Track: s.Exact(), Arch: s.Arch()})
	}
	return all
}

// withHint adds what the user can do about a mirror that does not do its part.
func withHint(err error, source string) error {
	var network *kernel.UnavailableError
	if !errors.As(err, &network) && !errors.Is(err, store.ErrDigest) || source == kernel.OCI {
		return err // an image's name has its registry
	}
	return fmt.Errorf("%w; another mirror can be named with %s or %s", err, mirrorOption(source), MirrorVariable(source))
}
