package kernel

import (
	"slices"
)

// Select returns what s matches among refs, each with its Selector set: one
// Ref for most selectors, one of each series, oldest first, for ranges and
// "all". Of several refs of one version it returns the last. The error is a *SelectorError
// that lists the available kernels.
func Select(s Selector, refs []Ref) ([]Ref, error) {
	matches, variant := s.exactly(refs), Variant("")
	if len(matches) == 0 {
		matches, variant = s.pick(refs), s.variant
	}
	if len(matches) == 0 {
		return nil, s.notFound(refs)
	}
	for i := range matches {
		matches[i].Selector, matches[i].Variant = s.text, variant
	}
	return matches, nil
}

// exactly returns the kernel whose own name ends as a variant does, as of an import that
// somebody called mine+preempt.
func (s Selector) exactly(refs []Ref) []Ref {
	if s.variant == "" {
		return nil
	}
	return newest(filter(refs, func(r Ref) bool {
		if isLocal(r) {
			return Local+":"+r.Name == s.text
		}
		return r.Release == s.text || r.Package().Version == s.text
	}))
}

// Resolve selects for each selector in turn and drops what was already
// selected. What "default" and all-arch have only where it can be had is left out where it is
// not among refs. Errors are *SelectorError.
func Resolve(args []string, refs []Ref) ([]Ref, error) {
	selectors, err := ParseSelectors(args)
	if err != nil {
		return nil, err
	}
	var found []Ref
	var missing error
	for _, s := range selectors {
		matches, err := Select(s, refs)
		switch {
		case err != nil && s.perhaps:
			missing = err
		case err != nil && !s.optional:
			return nil, err
		}
		found = append(found, matches...)
	}
	if len(found) == 0 {
		return nil, missing
	}
	return Unique(found), nil
}

// Unique keeps the first of the Refs that are the same kernel in the same variant.
func Unique(refs []Ref) []Ref {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(refs), func(r Ref) bool {
		id := r.ID() + r.Variant.Suffix()
		defer func() { seen[id] = true }()
		return seen[id]
	})
}

func (s Selector) pick(refs []Ref) []Ref {
	if s.kind == byName {
		return filter(refs, func(r Ref) bool { return r.Source == Local && r.Name == s.word && s.admits(r) })
	}
	refs = filter(refs, s.admits)
	for _, source := range s.Sources() {
		found := s.pickOne(filter(refs, func(r Ref) bool { return r.Source == source && !s.skips(r) }))
		if s.kind == all {
			return append(found, otherPins(refs)...)
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// skips reports whether s must leave out a kernel of a snapshot, which stands for itself
// alone and not for its series.
func (s Selector) skips(r Ref) bool {
	return r.Source == Debian && r.Track != "" && s.Exact() == ""
}

// otherPins returns the newest kernel of each track of other sources than Debian, and the
// imports.
func otherPins(refs []Ref) []Ref {
	byLabel := map[string][]Ref{}
	for _, r := range refs {
		if !isLocal(r) && (r.Source != Debian || r.Track != "") {
			byLabel[r.Label()] = append(byLabel[r.Label()], r)
		}
	}
	var found []Ref
	for _, group := range byLabel {
		found = append(found, newest(group)...)
	}
	slices.SortFunc(found, Ref.Compare)
	return append(found, filter(refs, isLocal)...)
}

// pickOne returns what s matches among the kernels of one source.
func (s Selector) pickOne(refs []Ref) []Ref {
	if s.kind == all || s.kind == byRange {
		return newestOfSeries(s.matches(refs))
	}
	return newest(s.matches(refs))
}

// Every returns all kernels that s matches among those of one source, where Select returns
// the newest ones, in the order of refs. Its variant is set in each.
func (s Selector) Every(refs []Ref) []Ref {
	found := s.matches(filter(refs, func(r Ref) bool { return s.admits(r) && !s.skips(r) }))
	for i := range found {
		found[i].Variant = s.variant
	}
	return found
}

// matches returns those of the kernels of one source that s may stand for.
func (s Selector) matches(refs []Ref) []Ref {
	switch s.kind {
	case byTrack:
		return filter(refs, func(r Ref) bool { return r.Track == s.word })
	case all:
		return s.fetchable(refs)
	case byRange, bySeries:
		return filter(s.fetchable(refs), s.inRange)
	case latest:
		return filter(s.fetchable(refs), isReleased)
	case byVersion:
		return filter(s.fetchable(refs), func(r Ref) bool { return r.Version == s.version })
	default:
		return filter(refs, s.isNamed)
	}
}

// fetchable leaves out local imports and unwanted flavours. Without a wish it
// takes Cloud, and Generic for the series that have no Cloud.
func (s Selector) fetchable(refs []Ref) []Ref {
	cloud := map[string]bool{}
	for _, r := range refs {
		cloud[r.Series()] = cloud[r.Series()] || r.Flavour == Cloud
	}
	return filter(refs, func(r Ref) bool {
		if s.flavour != "" {
			return !isLocal(r) && r.Flavour == s.flavour
		}
		return !isLocal(r) && (r.Flavour == Cloud || !cloud[r.Series()])
	})
}

func (s Selector) inRange(r Ref) bool { return s.within.Contains(r.Version) }

// isNamed compares with the release and the package version.
func (s Selector) isNamed(r Ref) bool {
	flavour := s.flavour == "" || s.flavour == r.Flavour
	return flavour && !isLocal(r) && (r.Release == s.word || r.Package().Version == s.word)
}

func isLocal(r Ref) bool    { return r.Source == Local }
func isReleased(r Ref) bool { return r.Version.RC == 0 }

func filter(refs []Ref, keep func(Ref) bool) []Ref {
	var kept []Ref
	for _, r := range refs {
		if keep(r) {
			kept = append(kept, r)
		}
	}
	return kept
}

// newest returns the highest version alone, the last of equals.
func newest(refs []Ref) []Ref {
	var best []Ref
	for _, r := range refs {
		if best == nil || r.Version.Compare(best[0].Version) >= 0 {
			best = []Ref{r}
		}
	}
	return best
}

func newestOfSeries(refs []Ref) []Ref {
	bySeries := map[string][]Ref{}
	for _, r := range refs {
		bySeries[r.Series()] = append(bySeries[r.Series()], r)
	}
	var found []Ref
	for _, group := range bySeries {
		found = append(found, newest(group)...)
	}
	slices.SortFunc(found, Ref.Compare)
	return found
}
