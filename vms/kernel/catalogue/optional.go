package catalogue

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
)

// An archive has archiveWait to answer. One that did not is asked again after askAgain: who
// only wants the default kernels does not wait each time.
const (
	archiveWait = 2 * time.Second
	askAgain    = 10 * time.Minute
)

// archived is a source that has an archive besides its mirror.
type archived interface {
	Archive() string // its URL
}

// sought is what is remembered of a kernel that is left out where it cannot be had.
type sought struct {
	Ref     *kernel.Ref `json:"ref,omitempty"`     // as it was found; an archive does not change
	Archive string      `json:"archive,omitempty"` // that did not answer
	Asked   time.Time   `json:"asked,omitzero"`    // when
}

// optional returns the kernel of a selector, or none where it cannot be had, which a note
// says. Nobody is asked for a kernel that is in the cache.
func (c *Catalogue) optional(ctx context.Context, s kernel.Selector, known []kernel.Ref) ([]kernel.Ref, error) {
	last, err := c.soughtBefore(s)
	if err != nil {
		return nil, err
	}
	pinned, notPinned := kernel.Select(s, known)
	switch {
	case notPinned == nil && (c.locked || c.Cached(pinned[0])):
		return pinned, nil
	case c.locked:
		c.leaveOut(s, "it is not in the lock file")
		return nil, nil
	}
	if last.Ref != nil && c.Cached(*last.Ref) {
		if found, err := kernel.Select(s, []kernel.Ref{*last.Ref}); err == nil {
			return found, nil
		}
	}
	found, err := c.seek(ctx, s, known, last)
	if len(found) > 0 && notPinned == nil {
		found = pinned
	}
	return found, err
}

// seek asks the source of a selector, unless its archive did not answer a moment ago.
func (c *Catalogue) seek(ctx context.Context, s kernel.Selector, known []kernel.Ref, last sought) ([]kernel.Ref, error) {
	url := c.archiveOf(s)
	if last.Ref == nil && last.Archive == url && time.Since(last.Asked) < askAgain {
		c.leaveOut(s, unreached(url)+" at "+last.Asked.Local().Format(time.TimeOnly))
		return nil, nil
	}
	if answers := c.answers(ctx, url); !answers && ctx.Err() == nil {
		c.leaveOut(s, unreached(url))
		return nil, c.remember(ctx, s, sought{Archive: url, Asked: time.Now()})
	}
	found, notes, err := c.lookUp(ctx, s, known)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		c.leaveOut(s, err.Error())
		return nil, nil
	}
	for _, note := range notes {
		c.progress.Note(note)
	}
	return found, c.remember(ctx, s, sought{Ref: &found[0]})
}

// archiveOf returns the URL of the archive that the selector's source has, "" for none.
func (c *Catalogue) archiveOf(s kernel.Selector) string {
	source, _ := c.sources.named(s.Source())
	if a, ok := source.(archived); ok {
		return a.Archive()
	}
	return ""
}

// answers reports whether an archive does, in time.
func (c *Catalogue) answers(ctx context.Context, url string) bool {
	if url == "" {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, archiveWait)
	defer cancel()
	return c.store.Reach(ctx, url) == nil
}

func unreached(url string) string {
	return fmt.Sprintf("%s did not answer (BPFLAB_DEBIAN_ARCHIVE names another one)", url)
}

func (c *Catalogue) leaveOut(s kernel.Selector, why string) {
	why, _, _ = strings.Cut(why, "\n")
	c.progress.Note(fmt.Sprintf("%s is left out: %s", s, why))
}

// stateOf returns under which name it is remembered what a selector without its variant has
// come to.
func stateOf(s kernel.Selector) string { return "default-" + strings.ReplaceAll(s.Base(), "/", "-") }

func (c *Catalogue) soughtBefore(s kernel.Selector) (sought, error) {
	text, err := c.store.ReadState(stateOf(s))
	var last sought
	_ = json.Unmarshal(text, &last) // what is unreadable was never sought
	return last, err
}

func (c *Catalogue) remember(ctx context.Context, s kernel.Selector, now sought) error {
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return c.store.WriteState(ctx, stateOf(s), text)
}
