package catalogue

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apt"
	"github.com/bpflab/bpflab/vms/kernel/changelog"
	"github.com/bpflab/bpflab/vms/kernel/rpm"
)

// Every returns all kernels of a series, a range or a track that the first source which has
// one lists, and those of them that are pinned, oldest first. Notes say what the source could not
// read. With Options.Locked they are those that are pinned.
func (c *Catalogue) Every(ctx context.Context, selector string) (refs []kernel.Ref, notes []string, err error) {
	parsed, err := c.sources.parse([]string{selector})
	if err != nil {
		return nil, nil, err
	}
	s := parsed[0]
	if len(parsed) > 1 || s.IsLocal() || s.IsAll() || s.Source() == kernel.Host {
		return nil, nil, &kernel.SelectorError{Selector: selector, Problem: "is no series: name one, a range, or a track of a source", Known: []string{"6.1", "6.12/arm64", "ubuntu/22.04", "rocky/9", "mainline/6.6"}}
	}
	want := s.Want()
	want.All = true
	for _, name := range s.Sources() {
		source, ok := c.sources.named(name)
		if !ok {
			continue
		}
		var listed []kernel.Ref
		if !c.locked {
			var more []string
			if listed, more, err = source.List(ctx, want); err != nil {
				return nil, notes, withHint(err, name)
			}
			notes = append(notes, more...)
		}
		if refs = s.Every(c.withPins(name, listed)); len(refs) > 0 {
			return refs, notes, nil
		}
	}
	_, err = kernel.Select(s, c.known())
	return nil, notes, err
}

// withPins returns what a source lists and what is pinned of it, each once, oldest first.
func (c *Catalogue) withPins(source string, listed []kernel.Ref) []kernel.Ref {
	all := slices.Clone(listed)
	for _, pin := range c.lock.Refs {
		if pin.Source == source {
			all = append(all, pin)
		}
	}
	all = kernel.Unique(all)
	slices.SortStableFunc(all, comparePackages)
	return all
}

// comparePackages orders kernels of one source by their versions, then as the distribution
// orders the versions of packages.
func comparePackages(a, b kernel.Ref) int {
	x, y := a.Package(), b.Package()
	packages := apt.CompareVersions
	if path.Ext(x.Path) == ".rpm" {
		packages = rpm.CompareEVR
	}
	return cmp.Or(a.Version.Compare(b.Version), packages(x.Version, y.Version))
}

// Between returns the kernels between two of one source, both included, oldest first: of their
// flavour, and of the tracks or releases that they are of.
func (c *Catalogue) Between(ctx context.Context, a, b kernel.Ref) (refs []kernel.Ref, notes []string, err error) {
	if err := checkEnds(a, b); err != nil {
		return nil, nil, err
	}
	if comparePackages(a, b) > 0 {
		a, b = b, a
	}
	source, err := c.sourceOf(a)
	if err != nil {
		return nil, nil, err
	}
	var listed []kernel.Ref
	if !c.locked {
		if listed, notes, err = listBetween(ctx, source, a, b); err != nil {
			return nil, notes, withHint(err, a.Source)
		}
	}
	for _, ref := range c.withPins(a.Source, append(listed, a, b)) {
		if sameLine(ref, a, b) && comparePackages(a, ref) <= 0 && comparePackages(ref, b) <= 0 {
			ref.Variant = a.Variant
			refs = append(refs, ref)
		}
	}
	return once(refs), notes, nil
}

// checkEnds returns what keeps two kernels from being the ends of one line.
func checkEnds(a, b kernel.Ref) error {
	wrong := func(format string, args ...any) error {
		return &kernel.SelectorError{Selector: b.Selector, Problem: fmt.Sprintf(format, args...)}
	}
	switch {
	case a.Source == kernel.Local || a.Source == kernel.Host || a.Source == kernel.OCI:
		return &kernel.SelectorError{Selector: a.Selector, Problem: "is of no source that lists versions"}
	case a.Source != b.Source:
		return wrong("is of %s, and %s of %s: there are no packages between kernels of two sources", b.Source, a.Selector, a.Source)
	case !a.Arch.Is(b.Arch):
		return wrong("is for %s, and %s for %s", b.Arch.OrDefault(), a.Selector, a.Arch.OrDefault())
	case a.Flavour != b.Flavour:
		return wrong("is of the flavour %s, and %s of %s", b.Flavour, a.Selector, a.Flavour)
	case a.Variant != b.Variant:
		return wrong("is to be booted in another way than %s", a.Selector)
	case a.Package().SHA256 == b.Package().SHA256:
		return wrong("is the same package as %s", a.Selector)
	}
	return nil
}

// listBetween asks the source for the tracks of both kernels, and for all tracks where these
// hold no more than the two: each names one version then.
func listBetween(ctx context.Context, source kernel.Source, a, b kernel.Ref) (listed []kernel.Ref, notes []string, err error) {
	within, err := kernel.ParseRange(fmt.Sprintf(">=%d.%d.%d <=%d.%d.%d", a.Version.Major, a.Version.Minor, a.Version.Patch, b.Version.Major, b.Version.Minor, b.Version.Patch))
	if err != nil {
		return nil, nil, err
	}
	wants := []kernel.Want{{Track: a.Track, Arch: a.Arch, Within: within, All: true}}
	if a.Track != b.Track {
		wants = append(wants, kernel.Want{Track: b.Track, Arch: a.Arch, Within: within, All: true})
	}
	for _, want := range append(wants, kernel.Want{Arch: a.Arch, Within: within, All: true, Every: true}) {
		if want.Every && (len(listed) > len(wants) || a.Track == "" && b.Track == "") {
			break
		}
		found, more, err := source.List(ctx, want)
		if err != nil {
			return nil, notes, err
		}
		listed, notes = append(listed, found...), append(notes, more...)
	}
	return listed, notes, nil
}

// sameLine reports whether a kernel may lie between two: it is of their flavour, and of the
// distribution's release that one of them is of.
func sameLine(r, a, b kernel.Ref) bool {
	return r.Flavour == a.Flavour && r.Arch.Is(a.Arch) && (releaseOf(r) == releaseOf(a) || releaseOf(r) == releaseOf(b))
}

// releaseOf returns the release of a distribution that a kernel's track names first: "22.04"
// of "22.04/aws". Debian's kernels and the mainline builds are one line through all series.
func releaseOf(r kernel.Ref) string {
	if r.Source == kernel.Debian || r.Source == kernel.Mainline {
		return ""
	}
	release, _, _ := strings.Cut(r.Track, "/")
	return release
}

// once keeps one of the kernels whose image is in the same package.
func once(refs []kernel.Ref) []kernel.Ref {
	seen := map[string]bool{}
	return slices.DeleteFunc(refs, func(r kernel.Ref) bool {
		digest := r.Package().SHA256
		defer func() { seen[digest] = true }()
		return seen[digest]
	})
}

// Exactly returns the kernel on disk as Image does, but never another one in its place.
func (c *Catalogue) Exactly(ctx context.Context, ref kernel.Ref) (kernel.Image, error) {
	return c.image(ctx, ref)
}

// Changes returns what the packages of a kernel say of the changes since an older one of its
// line, the newest first; none if they have no changelog.
func (c *Catalogue) Changes(ctx context.Context, older, newer kernel.Ref) ([]changelog.Entry, error) {
	added, err := c.changelog(ctx, newer)
	if err != nil || len(added) == 0 {
		return nil, err
	}
	known, err := c.changelog(ctx, older)
	return changelog.Since(added, known), err
}

// changelog returns that of the first package of a kernel that has one.
func (c *Catalogue) changelog(ctx context.Context, ref kernel.Ref) ([]changelog.Entry, error) {
	source, err := c.sourceOf(ref)
	if err != nil {
		return nil, err
	}
	files, err := source.Fetch(ctx, ref)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		entries, err := changelog.Read(ctx, file)
		if err != nil || len(entries) > 0 {
			return entries, err
		}
	}
	return nil, nil
}
