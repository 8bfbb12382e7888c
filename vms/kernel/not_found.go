package kernel

import (
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/suggest"
)

// notFound returns an error with what refs would have offered.
func (s Selector) notFound(refs []Ref) *SelectorError {
	if s.Arch() != "" && s.kind != byName {
		refs = filter(refs, s.admits)
	}
	labels := Labels(refs)
	problem := "matches no kernel that is known here"
	switch {
	case s.kind == byName && slices.ContainsFunc(refs, func(r Ref) bool { return isLocal(r) && r.Name == s.word }):
		problem = "is imported, and is of another architecture than " + string(s.arch)
	case s.kind == byName:
		problem = "is not imported here"
	case s.NeedsClaim():
		problem = "is of no source that is known here"
	case s.kind == byTrack:
		problem = "names no kernel that is known here, or that " + s.source + " has"
	}
	return &SelectorError{Selector: s.text, Problem: problem, Nearest: s.closest(refs, labels), Known: labels}
}

// Labels returns the distinct labels of refs: fetchable kernels by version, then
// local ones by name.
func Labels(refs []Ref) []string {
	sorted := slices.Clone(refs)
	slices.SortStableFunc(sorted, func(a, b Ref) int {
		if isLocal(a) != isLocal(b) {
			return map[bool]int{false: -1, true: 1}[isLocal(a)]
		}
		return a.Compare(b)
	})
	var labels []string
	for _, r := range sorted {
		if l := r.Label(); !slices.Contains(labels, l) {
			labels = append(labels, l)
		}
	}
	return labels
}

// closest returns the label with the closest version, or the closest spelling.
func (s Selector) closest(refs []Ref, labels []string) string {
	if s.kind == byName || s.kind == byTrack {
		return suggest.Name(s.text, labels)
	}
	want := s.version
	if want.IsZero() && len(s.within.bounds) > 0 {
		want = s.within.bounds[0].limit
	}
	best, label := -1, ""
	for _, r := range refs {
		if d := distance(want, r.Version); !want.IsZero() && (best < 0 || d < best) {
			best, label = d, r.Label()
		}
	}
	if s.flavour == "" {
		label = strings.Replace(label, "/"+Generic, "", 1)
	}
	return label
}

// distance weighs a major number as twenty minor ones: 5.19 was followed by
// 6.0, and 6.19 by 7.0.
func distance(a, b Version) int {
	place := func(v Version) int { return (v.Major*20+v.Minor)*1000 + min(v.Patch, 999) }
	return abs(place(a) - place(b))
}

func abs(n int) int { return max(n, -n) }
