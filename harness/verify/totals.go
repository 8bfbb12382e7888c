package verify

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// tally counts verdicts.
type tally map[string]int

func (t tally) all() (n int) {
	for _, count := range t {
		n += count
	}
	return n
}

// String returns how many of all programs are accepted, and the others by their verdicts:
// "2/5: 2 rejected, 1 loader".
func (t tally) String() string {
	if t.all() == 0 {
		return "-"
	}
	text := fmt.Sprintf("%d/%d", t[Accepted]+t[Pass], t.all())
	if others := t.others(); others != "" {
		text += ": " + others
	}
	return text
}

// others names all verdicts but the first, "" if there are none.
func (t tally) others() string {
	var parts []string
	for _, word := range words[2:] {
		if n := t[word]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, word))
		}
	}
	return strings.Join(parts, ", ")
}

// totals are the verdicts of each object's programs on each kernel.
type totals struct {
	objects, kernels []string
	counts           map[[2]string]tally
	unread           map[[2]string]string // why an object was not read
}

// total counts the verdicts of each object, and all objects' together under the name "".
func (r Report) total() totals {
	return r.totalBy(func(one Result) string { return one.Object })
}

// totalBy counts the verdicts by something that results have.
func (r Report) totalBy(of func(Result) string) totals {
	t := totals{counts: map[[2]string]tally{}, unread: map[[2]string]string{}, kernels: r.kernels(), objects: distinct(r.Results, of)}
	for _, one := range r.Results {
		if one.Program == "" {
			t.unread[[2]string{of(one), one.Kernel}] = one.code()
			continue
		}
		for _, key := range [][2]string{{of(one), one.Kernel}, {"", one.Kernel}} {
			if t.counts[key] == nil {
				t.counts[key] = tally{}
			}
			t.counts[key][one.mark()]++
		}
	}
	return t
}

// row returns an object's totals, a cell for each kernel.
func (t totals) row(object string) (cells []string) {
	for _, kernel := range t.kernels {
		key := [2]string{object, kernel}
		cells = append(cells, cmp.Or(clean(t.unread[key]), t.counts[key].String()))
	}
	return cells
}

// writeTotals writes the totals of each object, and which reasons are how frequent. It
// writes nothing of a single object, whose programs are few enough to be counted at the end.
func (r Report) writeTotals(w io.Writer) error {
	t := r.total()
	if len(t.objects) < 2 {
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "OBJECT\t%s\n", strings.Join(r.kernelTitles(), "\t"))
	for _, object := range t.objects {
		fmt.Fprintf(table, "%s\t%s\n", clean(object), strings.Join(t.row(object), "\t"))
	}
	fmt.Fprintf(table, "all %d objects\t%s\n", len(t.objects), strings.Join(t.row(""), "\t"))
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, line := range r.frequent() {
		fmt.Fprintln(w, line)
	}
	_, err := fmt.Fprintln(w)
	return err
}

// kernelTitles returns the kernels' selectors with their releases.
func (r Report) kernelTitles() (out []string) {
	releases := map[string]string{}
	for _, one := range r.Results {
		releases[one.Kernel] = cmp.Or(releases[one.Kernel], one.Release)
	}
	for _, kernel := range r.kernels() {
		out = append(out, withRelease(kernel, releases[kernel]))
	}
	return out
}

// frequent returns a line for each verdict that is not as wanted: how many results have
// which reason, the most frequent first.
func (r Report) frequent() (out []string) {
	for _, word := range words[2:] {
		codes := map[string]int{}
		for _, one := range r.Results {
			if one.mark() == word && one.Reason != nil {
				codes[one.Reason.Code]++
			}
		}
		if len(codes) > 0 {
			out = append(out, word+": "+byCount(codes))
		}
	}
	return out
}

// byCount returns what is counted, the most frequent first: "7 co_re, 2 kfunc".
func byCount(counts map[string]int) string {
	var names []string
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
	for i, name := range names {
		names[i] = fmt.Sprintf("%d %s", counts[name], clean(name))
	}
	return strings.Join(names, ", ")
}
