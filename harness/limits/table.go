package limits

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// cell returns a figure as tables show it.
func (l Limit) cell() string {
	switch l.Status {
	case None:
		return "none"
	case Unlimited:
		if l.is("back_edge") {
			return "allowed"
		}
		return ">= " + number(l.Accepted)
	case Hidden:
		return number(l.Accepted) + "*"
	case Failed, Unsupported:
		return "?"
	}
	return number(l.Accepted)
}

func (l Limit) is(name string) bool { return l.Name == name }

func (l Limit) who() string {
	if l.Privileged {
		return "root"
	}
	return "user"
}

func number(n *int) string {
	if n == nil {
		return "-"
	}
	return strconv.Itoa(*n)
}

// row is one limit for one kind of user, on all kernels.
type row struct {
	name, what, kind, who string
	cells                 []string
}

// rows returns the limits of a report side by side; a cell is "" where a limit
// was not asked for.
func (r Report) rows() []row {
	at := map[string]int{}
	for i, k := range r.Kernels {
		at[k.Selector] = i
	}
	var out []row
	for _, s := range subjects {
		for _, who := range []string{"root", "user"} {
			one := row{s.name, s.what, cmp.Or(s.programType(), "-"), who, make([]string, len(r.Kernels))}
			found := false
			for _, l := range r.Limits {
				if l.Name == s.name && l.who() == who {
					one.cells[at[l.Kernel]], found = l.cell(), true
				}
			}
			if found {
				out = append(out, one)
			}
		}
	}
	return out
}

// Table writes limits by kernels. What was said to the first size that was
// refused is below it with details, or where a figure is not the limit itself.
func Table(w io.Writer, r Report, details bool) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "LIMIT\tTYPE\tFOR")
	for _, k := range r.Kernels {
		fmt.Fprint(table, "\t", k.Selector)
	}
	fmt.Fprintln(table)
	for _, one := range r.rows() {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", one.name, one.kind, one.who, strings.Join(one.cells, "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	r.writeNotes(w)
	if details {
		return r.writeDetails(w)
	}
	return nil
}

// failure is why figures of a kernel are missing.
type failure struct{ kernel, why string }

// writeNotes explains the signs of the table. What went wrong for many limits of a
// kernel is said once.
func (r Report) writeNotes(w io.Writer) {
	hidden := false
	var order []failure
	missing := map[failure][]string{}
	for _, l := range r.Limits {
		hidden = hidden || l.Status == Hidden
		if l.Status != Failed && l.Status != Unsupported {
			continue
		}
		f := failure{l.Kernel, l.Error}
		if missing[f] == nil {
			order = append(order, f)
		}
		missing[f] = append(missing[f], l.Name+" for "+l.who())
	}
	for _, f := range order {
		names := missing[f]
		if more := len(names) - 2; more > 1 {
			names = append(names[:2:2], fmt.Sprintf("%d more", more))
		}
		fmt.Fprintf(w, "? %s: %s (%s)\n", f.kernel, f.why, strings.Join(names, ", "))
	}
	if hidden {
		fmt.Fprintln(w, "* another limit comes first; --details says which")
	}
}

func (r Report) writeDetails(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nKERNEL\tFOR\tLIMIT\tACCEPTED\tREJECTED\tERRNO\tMESSAGE")
	for _, l := range r.Limits {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Kernel, l.who(), l.Name, number(l.Accepted), number(l.Rejected), l.Errno, l.Message)
	}
	return table.Flush()
}
