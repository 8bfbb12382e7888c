package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// updateLock prints what a new lock file changes, and writes it where something did.
func updateLock(ctx context.Context, out io.Writer, c *catalogue.Catalogue, file string, base []byte, lock kernel.Lock) error {
	was, err := kernel.ParseLock(base)
	if err != nil {
		return err
	}
	changes := was.Changes(lock)
	_, missing := os.Stat(file)
	if len(changes) == 0 && was.SameBusyboxes(lock) && missing == nil {
		fmt.Fprintf(out, "nothing has changed: the %d kernels in %s are the newest that their sources have\n", len(lock.Refs), file)
		return nil
	}
	if err := writeLock(file, lock); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d of %d kernels in %s changed\n", len(changes), len(lock.Refs), file)
	for _, change := range changes {
		fmt.Fprint(out, "\n", explainChange(change, leftMirror(ctx, c, change)))
	}
	return nil
}

// leftMirror returns a half sentence about whether the old package can still be had, "" where
// that is not known.
func leftMirror(ctx context.Context, c *catalogue.Catalogue, change kernel.LockChange) string {
	if change.IsNew() {
		return ""
	}
	old := change.Old.Package().Version
	there, err := c.Offered(ctx, change.Old)
	switch {
	case err != nil:
		return ""
	case there:
		return "; " + old + " is still there"
	}
	return "; " + old + " has left its mirror"
}

// explainChange returns one change in lines: what, why, and from where.
func explainChange(c kernel.LockChange, left string) string {
	if c.IsGone() {
		return fmt.Sprintf("%s  %s is no longer pinned\n", c.Old.Label(), c.Old.Package().Version)
	}
	p := c.New.Package()
	var text strings.Builder
	line := func(name, old, now string) {
		if !c.IsNew() && old != "" && old != now {
			now = old + " -> " + now
		}
		fmt.Fprintf(&text, "  %-8s  %s\n", name, now)
	}
	title := c.New.Label() + "  " + p.Version
	if !c.IsNew() {
		title = fmt.Sprintf("%s  %s -> %s", c.New.Label(), c.Old.Package().Version, p.Version)
	}
	fmt.Fprintln(&text, title)
	line("why", "", reasonFor(c)+left)
	line("release", c.Old.Release, c.New.Release)
	line("packages", sizes(c.Old), sizes(c.New))
	line("sha256", c.Old.Package().SHA256, p.SHA256)
	line("found", "", strings.TrimSpace(c.New.Source+" "+c.New.Suite)+": "+p.Path)
	if c.New.Signer != "" {
		line("signer", c.Old.Signer, c.New.Signer)
	}
	return text.String()
}

// reasonFor returns why a pin changed.
func reasonFor(c kernel.LockChange) string {
	where := c.New.Source
	if c.New.Suite != "" {
		where = c.New.Suite
	}
	if c.IsNew() {
		return "no kernel of this series was pinned, and " + where + " has one"
	}
	old, now := c.Old.Package(), c.New.Package()
	switch order := c.New.Version.Compare(c.Old.Version); {
	case old.Version == now.Version && c.Old.Suite != c.New.Suite:
		return fmt.Sprintf("%s has other files than %s under the same version", where, c.Old.Suite)
	case old.Version == now.Version:
		return "ATTENTION: the same version has other files than before"
	case order < 0:
		return "ATTENTION: " + where + " has nothing newer than this older one"
	}
	return where + " has a newer one"
}

// sizes returns how many packages a kernel has, and their size.
func sizes(ref kernel.Ref) string {
	word := "packages"
	if len(ref.Files) == 1 {
		word = "package"
	}
	return fmt.Sprintf("%d %s, %s", len(ref.Files), word, size(ref.Size()))
}
