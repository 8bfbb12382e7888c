package features

import (
	"cmp"
	"errors"
	"fmt"
	"io"
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
)

func (s state) String() string { return [...]string{"?", "-", "yes"}[s] }

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
		switch {
		case f.Inconclusive:
		case f.Supported:
			last.has[at[f.Kernel]] = has
		default:
			last.has[at[f.Kernel]] = lacks
		}
	}
	return out
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
	for kernel, why := range r.Infra {
		fmt.Fprintf(w, "%s could not be asked: %s\n", kernel, why)
	}
	return nil
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
		if one.has[0] == one.has[1] {
			continue
		}
		differ++
		sign := "-"
		if one.has[1] == has {
			sign = "+"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", sign, one.Kind, one.Name)
	}
	if asked > 0 && differ == 0 {
		fmt.Fprintf(table, "%s and %s do not differ in any of %d features\n", r.Kernels[0].Selector, r.Kernels[1].Selector, asked)
	}
	return errors.Join(table.Flush(), r.writeNotes(w, kind))
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
