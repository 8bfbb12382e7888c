package catalogue

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
)

// SourceState is what there is of one source.
type SourceState struct {
	Name      string
	Selectors []string // of the tracks that it is known to have; those of Debian's series
	Pinned    int      // kernels in the lock file
	Cached    int      // of those, kernels that are in the cache
	Mirror    string   // that was visited; "" for a source that needs no network
	Err       error    // why it cannot be reached, or nil
}

// reachTimeout is how long a source may take to answer.
const reachTimeout = 5 * time.Second

// Sources visits the mirror of every source, all at a time, and returns what is known of
// each.
func (c *Catalogue) Sources(ctx context.Context) []SourceState {
	states := make([]SourceState, len(c.sources))
	var group sync.WaitGroup
	for i, source := range c.sources {
		states[i] = c.state(source)
		group.Go(func() { states[i].Err = c.reach(ctx, states[i].Mirror) })
	}
	group.Wait()
	return states
}

func (c *Catalogue) state(source kernel.Source) SourceState {
	s := SourceState{Name: source.Name(), Mirror: source.Mirror()}
	for _, track := range source.Tracks() {
		if s.Name != kernel.Debian {
			track = kernel.TrackSelector(s.Name, track)
		}
		s.Selectors = append(s.Selectors, track)
	}
	for _, ref := range c.lock.Refs {
		if ref.Source == s.Name {
			s.Pinned++
			if c.Cached(ref) {
				s.Cached++
			}
		}
	}
	return s
}

func (c *Catalogue) reach(ctx context.Context, mirror string) error {
	if mirror == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	return c.store.Reach(ctx, mirror)
}

// Search returns the kernels of all sources whose version is in the range that word is, or
// whose selector, release or packages have the word in them, by version; of this host's
// architecture where none is named. Notes say which
// sources could not be asked; it is an error if those that could have none.
func (c *Catalogue) Search(ctx context.Context, word string, arches ...kernel.Arch) (refs []kernel.Ref, notes []string, err error) {
	within, notVersion := kernel.ParseRange(word)
	var found []kernel.Ref
	var failures []error
	for _, arch := range kernel.UsualArches(arches) {
		more, said, failed := c.ask(ctx, kernel.Want{Within: within, Arch: arch.OrZero(), Every: true})
		found, notes, failures = append(found, more...), append(notes, said...), append(failures, failed...)
	}
	for _, ref := range found {
		if notVersion == nil || mentions(ref, word) {
			refs = append(refs, ref)
		}
	}
	if len(refs) == 0 && len(failures) > 0 {
		return nil, nil, fmt.Errorf("no source that answers has %s, and %d do not: %w", word, len(failures), failures[0])
	}
	for _, failure := range failures {
		line, _, more := strings.Cut(failure.Error(), "\n")
		if more {
			line += " (and others)"
		}
		notes = append(notes, line)
	}
	slices.SortStableFunc(refs, kernel.Ref.Compare)
	return kernel.Unique(refs), notes, ctx.Err()
}

// ask asks all sources at a time.
func (c *Catalogue) ask(ctx context.Context, want kernel.Want) (refs []kernel.Ref, notes []string, failures []error) {
	type answer struct {
		refs  []kernel.Ref
		notes []string
		err   error
	}
	answers := make([]answer, len(c.sources))
	var group sync.WaitGroup
	for i, source := range c.sources {
		group.Go(func() {
			a := &answers[i]
			a.refs, a.notes, a.err = source.List(ctx, want)
			a.err = withHint(a.err, source.Name())
		})
	}
	group.Wait()
	for _, a := range answers {
		refs, notes = append(refs, a.refs...), append(notes, a.notes...)
		if a.err != nil {
			failures = append(failures, a.err)
		}
	}
	return refs, notes, failures
}

func mentions(r kernel.Ref, word string) bool {
	return strings.Contains(r.Label(), word) || strings.Contains(r.Release, word) ||
		slices.ContainsFunc(r.Files, func(f kernel.File) bool { return strings.Contains(f.Package, word) })
}
