package features

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// row is one feature on all kernels, in their order.
type row struct {
	Feature         // of any of them
	has     []state // by kernel
}

// state is a kernel's answer.
type state int

const (
	unknown state = iota
	lacks
	has
	named // by its BTF; no probe decides
)

func (s state) String() string { return [...]string{"?", "-", "yes", "named"}[s] }

// there reports whether the kernel has a feature, as far as is known.
func (s state) there() bool { return s == has || s == named }

func (r Report) rows() []row {
	at := map[string]int{}
	for i, k := range r.Kernels {
		at[k.Selector] = i
	}
	var out []row
	for _, f := range r.Features {
		if len(out) == 0 || out[len(out)-1].key() != f.key() {
			out = append(out, row{f, make([]state, len(r.Kernels))})
		}
		last := &out[len(out)-1]
		last.addSince(f.Since)
		switch {
		case f.Inconclusive:
		case f.Named:
			last.has[at[f.Kernel]] = named
		case f.Supported:
			last.has[at[f.Kernel]] = has
		default:
			last.has[at[f.Kernel]] = lacks
		}
	}
	return out
}

// addSince adds the first kernel of another architecture that has the feature.
func (one *row) addSince(since string) {
	if since != "" && !slices.Contains(strings.Split(one.Since, ", "), since) {
		one.Since = strings.TrimPrefix(one.Since+", "+since, ", ")
	}
}

// Matrix writes features by kernels. Those that all kernels have alike are left
// out, unless all is set; with kind, only that kind is written.
func Matrix(w io.Writer, r Report, kind string, all bool) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	names := make([]string, len(r.Kernels))
	for i, k := range r.Kernels {
		names[i] = k.Selector
	}
	fmt.Fprintf(table, "KIND\tNAME\t%s\tSINCE\tUPSTREAM\n", strings.Join(names, "\t"))
	left := 0
	for _, one := range r.rows() {
		if kind != "" && one.Kind != kind {
			continue
		}
		if !all && len(r.Kernels) > 1 && one.alike() {
			left++
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", one.Kind, one.Name, one.cells(), cmp.Or(one.Since, "-"), cmp.Or(one.Upstream, "-"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if left > 0 {
		fmt.Fprintf(w, "%d features that all of these kernels have, or none, are left out (--all shows them)\n", left)
	}
	return r.writeNotes(w, kind)
}

func (one row) alike() bool {
	for _, s := range one.has {
		if s != one.has[0] {
			return false
		}
	}
	return true
}

func (one row) cells() string {
	out := make([]string, len(one.has))
	for i, s := range one.has {
		out[i] = s.String()
	}
	return strings.Join(out, "\t")
}

// writeNotes writes where the measurement and upstream's version disagree, of one kind if
// that is given, and which kernels could not be asked.
func (r Report) writeNotes(w io.Writer, kind string) error {
	for _, f := range r.Features {
		if f.Note != "" && (f.Inconclusive || f.disagrees()) && (kind == "" || f.Kind == kind) {
			fmt.Fprintf(w, "%s on %s: %s\n", f.Name, f.Kernel, f.Note)
		}
	}
	r.writeUnlisted(w, kind)
	for kernel, why := range r.Infra {
		fmt.Fprintf(w, "%s could not be asked: %s\n", kernel, why)
	}
	for kernel, why := range r.Unsupported {
		fmt.Fprintf(w, "%s is unsupported: %s\n", kernel, why)
	}
	return nil
}

// failed reports whether there are no answers of a kernel.
func (r Report) failed(kernel string) bool { return r.Infra[kernel]+r.Unsupported[kernel] != "" }

// writeUnlisted says which kernels were not asked for all that the others name, of one
// kind if that is given.
func (r Report) writeUnlisted(w io.Writer, kind string) {
	var all []string
	for _, k := range r.Kernels {
		all = append(all, k.Listed...)
	}
	slices.Sort(all)
	for _, k := range r.Kernels {
		var missing []string
		for _, one := range slices.Compact(slices.Clone(all)) {
			if !r.failed(k.Selector) && !slices.Contains(k.Listed, one) && (kind == "" || kind == one) {
				missing = append(missing, one)
			}
		}
		if len(missing) > 0 {
			fmt.Fprintf(w, "%s has no list of these in its BTF, and was not asked for those that only other kernels name: %s\n", k.Selector, strings.Join(missing, ", "))
		}
	}
}

// Diff writes what one of two kernels has and the other lacks; with kind, only of
// that kind.
func Diff(w io.Writer, r Report, kind string) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	asked, differ := 0, 0
	for _, one := range r.rows() {
		if kind != "" && one.Kind != kind || one.has[0] == unknown || one.has[1] == unknown {
			continue
		}
		asked++
		if one.has[0].there() == one.has[1].there() {
			continue
		}
		differ++
		fmt.Fprintln(table, one.difference())
	}
	if asked > 0 && differ == 0 {
		fmt.Fprintf(table, "%s and %s do not differ in any of %d features\n", r.Kernels[0].Selector, r.Kernels[1].Selector, asked)
	}
	return errors.Join(table.Flush(), r.writeNotes(w, kind))
}

// difference returns a line of Diff.
func (one row) difference() string {
	sign, by := "-", one.has[0]
	if one.has[1].there() {
		sign, by = "+", one.has[1]
	}
	line := fmt.Sprintf("%s\t%s\t%s", sign, one.Kind, one.Name)
	if by == named {
		line += "\tnamed by the kernel, not probed"
	}
	return line
}

// Since writes the first kernel that has each feature; with kind, only of that
// kind.
func Since(w io.Writer, r Report, kind string) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "KIND\tNAME\tSINCE\tUPSTREAM")
	for _, one := range r.rows() {
		if kind == "" || one.Kind == kind {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", one.Kind, one.Name, cmp.Or(one.Since, "-"), cmp.Or(one.Upstream, "-"))
		}
	}
	return errors.Join(table.Flush(), r.writeNotes(w, kind))
}
