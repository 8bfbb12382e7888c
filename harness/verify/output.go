package verify

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Table writes the results for people: the totals of each object, if there are several,
// those of each preset, a line for each result, and then why programs were rejected, each reason once for all
// programs and kernels that have it.
func Table(w io.Writer, r Report) error {
	if err := r.writeTotals(w); err != nil {
		return err
	}
	if err := r.writePresets(w); err != nil {
		return err
	}
	if r.expects() {
		return r.writeExpectations(w)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	named := r.objectNamer()
	preset := r.presetNamer()
	title, loader := r.loaderColumn()
	fmt.Fprintln(table, named("OBJECT\t", "")+"PROGRAM\t"+preset("PRESET\t", "")+"KERNEL\tRELEASE\t"+title+"VERDICT\tINSNS\tSTATES\tSTACK\tLOAD\tREASON")
	for _, one := range r.Results {
		fmt.Fprintf(table, "%s%s\t%s%s\t%s\t%s%s\t%s\t%s\t%s\t%.1fms\t%s\n", named(clean(one.Object), "\t"), one.program(), preset(one.presetName(), "\t"), clean(one.Kernel), cmp.Or(clean(one.Release), "-"), loader(one), one.word(), count(one.Insns), count(one.States),
			cmp.Or(one.StackDepth, "-"), one.Load*1000, one.short())
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, group := range rejections(r.Results) {
		if _, err := io.WriteString(w, group.text()); err != nil {
			return err
		}
	}
	section(w, "prepared", r.preparations())
	section(w, "loader", r.instead())
	section(w, "not attached", r.unattached())
	section(w, "differs", r.Differences())
	if err := r.writeProfiles(w); err != nil {
		return err
	}
	if err := r.writeCoverages(w); err != nil {
		return err
	}
	for i, o := range r.Over {
		if i == 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w, "over budget:", clean(o.String()))
	}
	_, err := fmt.Fprintf(w, "\n%s\n", r.closing())
	return err
}

// objectNamer returns a function that returns its arguments joined if the report is of
// several objects, whose programs may have one name, and else nothing.
func (r Report) objectNamer() func(name, end string) string {
	several := len(distinct(r.Results, func(one Result) string { return one.Object })) > 1
	return func(name, end string) string {
		if !several {
			return ""
		}
		return name + end
	}
}

func (r Result) short() string {
	if r.Infra != "" {
		return clean(r.Infra)
	}
	return r.code()
}

// code returns the reason's code, "" if there is none.
func (r Result) code() string {
	if r.Reason == nil {
		return ""
	}
	return r.Reason.Code
}

// program returns the program's name for a column, "-" for an object that was not read.
func (r Result) program() string { return cmp.Or(clean(r.Program), "-") }

// where names the program and its object.
func (r Result) where() string {
	if r.Program == "" {
		return clean(r.Object)
	}
	return clean(r.Program) + " of " + clean(r.Object)
}

func count(n int) string {
	if n == 0 {
		return "-"
	}
	return strconv.Itoa(n)
}

// clean returns s as one line without control characters.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

// closing counts, as in "18 accepted, 2 rejected in 3.1s".
func (r Report) closing() string {
	counts := tally{}
	for _, one := range r.Results {
		counts[one.mark()]++
	}
	text := fmt.Sprintf("%d accepted", counts[Accepted])
	if r.expects() {
		text = fmt.Sprintf("%d pass", counts[Pass])
	}
	if others := counts.others(); others != "" {
		text += ", " + others
	}
	return fmt.Sprintf("%s in %.1fs", text, r.Seconds)
}
