package mainline

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/bpflab/bpflab/vms/kernel"
)

var (
	trackForm   = regexp.MustCompile(`^\d+\.\d+(\.\d+|-rc\d+)?$`)
	releaseForm = regexp.MustCompile(`^\d+\.\d+\.\d+-\d{6}(rc\d+)?-generic$`)
)

// oldest is the first series with builds that are of use: earlier ones lack eBPF as labs
// need it.
var oldest = kernel.Version{Major: 4}

// question is which builds are wanted: one, or the newest of each series in a range.
type question struct {
	version kernel.Version
	exact   bool
	within  kernel.Range
}

// parseTrack reads a series (6.6), a version (6.18.3) or a candidate (7.1-rc3).
func parseTrack(text string) (question, error) {
	v, err := kernel.ParseVersion(text)
	if err != nil || !trackForm.MatchString(text) || v.Compare(oldest) < 0 {
		return question{}, fmt.Errorf("names no version of the kernel from %s on", oldest.Series())
	}
	q := question{version: v, exact: trackForm.FindStringSubmatch(text)[1] != ""}
	q.within, err = kernel.ParseRange(v.Series())
	return q, err
}

// questionOf returns what is asked for; ok is false where nobody need be asked.
func questionOf(want kernel.Want) (q question, ok bool, err error) {
	switch {
	case want.Track != "":
		q, err = parseTrack(want.Track)
		return q, err == nil, err
	case trackForm.MatchString(want.Exact), releaseForm.MatchString(want.Exact):
		v, err := kernel.ParseVersion(want.Exact)
		return question{version: v, exact: true, within: want.Within}, err == nil && v.Compare(oldest) >= 0, nil
	case want.Exact != "" || want.Within.IsZero():
		return q, false, nil // a release of others, or a search for a word
	}
	q.within = want.Within
	recent, err := kernel.ParseRange(">=" + oldest.Series())
	return q, err == nil && recent.Overlaps(want.Within), err
}

// trackOf returns the track of a version that was found: its series, or it alone. 5.1.0 is
// the first of the series 5.1.
func (q question) trackOf(v kernel.Version) string {
	switch {
	case !q.exact:
		return v.Series()
	case v.RC > 0:
		return v.String()
	}
	return fmt.Sprintf("%s.%d", v.Series(), v.Patch)
}

// candidates returns the versions to try of each series, the newest first. Candidates for a
// release count only where they are named, or where there is nothing else.
func (q question) candidates(versions []kernel.Version) [][]kernel.Version {
	bySeries := map[string][]kernel.Version{}
	for _, v := range versions {
		if q.within.Contains(v) && (!q.exact || v == q.version) {
			bySeries[v.Series()] = append(bySeries[v.Series()], v)
		}
	}
	var all [][]kernel.Version
	for _, group := range bySeries {
		slices.SortFunc(group, func(a, b kernel.Version) int { return b.Compare(a) })
		all = append(all, group)
	}
	slices.SortFunc(all, func(a, b []kernel.Version) int { return a[0].Compare(b[0]) })
	return all
}

// apart makes a group of each version, oldest first.
func apart(groups [][]kernel.Version) [][]kernel.Version {
	var all [][]kernel.Version
	for _, group := range groups {
		for _, v := range slices.Backward(group) {
			all = append(all, []kernel.Version{v})
		}
	}
	return all
}
