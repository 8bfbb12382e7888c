package verify

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/bpflab/bpflab/harness/probe"
)

// columns are veristat's names (tools/testing/selftests/bpf/veristat.c), and the
// kernel.
var columns = []string{"file_name", "prog_name", "verdict", "duration", "total_insns", "total_states", "peak_states",
	"prog_size", "prog_size_jited", "prog_type", "stack_depth", "kernel"}

// CSV writes a line for each result. The duration is in microseconds, sizes are
// in bytes.
func CSV(w io.Writer, r Report) error {
	out := csv.NewWriter(w)
	out.Write(columns)
	for _, one := range r.Results {
		out.Write([]string{one.Object, one.Program, one.verdict(), strconv.Itoa(int(one.Load * 1e6)),
			strconv.Itoa(one.Insns), strconv.Itoa(one.States), strconv.Itoa(one.PeakStates),
			strconv.Itoa(one.XlatedLen), strconv.Itoa(one.JitedLen), one.Type, one.StackDepth, one.Kernel})
	}
	out.Flush()
	return out.Error()
}

// verdict returns the verdict as veristat prints it.
func (r Result) verdict() string {
	switch {
	case r.Infra != "":
		return "unknown"
	case r.Accepted:
		return "success"
	case r.failed():
		return "failure"
	}
	return "unknown"
}

// Table writes the results for people: a line each, and then why programs were
// rejected, each reason once for all kernels that have it.
func Table(w io.Writer, r Report) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	named := r.objectNamer()
	title, loader := r.loaderColumn()
	fmt.Fprintln(table, named("OBJECT\t", "")+"PROGRAM\tKERNEL\t"+title+"VERDICT\tINSNS\tSTATES\tSTACK\tLOAD\tREASON")
	for _, one := range r.Results {
		fmt.Fprintf(table, "%s%s\t%s\t%s%s\t%s\t%s\t%s\t%.1fms\t%s\n", named(clean(one.Object), "\t"), one.program(), one.Kernel, loader(one), one.word(), count(one.Insns), count(one.States),
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
	section(w, "differs", r.Differences())
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
	switch {
	case r.Infra != "":
		return clean(r.Infra)
	case r.Reason == nil:
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

// rejection is one reason of one program, on one kernel or more.
type rejection struct {
	Result
	kernels []string
}

func rejections(all []Result) []rejection {
	var out []rejection
next:
	for _, r := range all {
		if r.Accepted || r.Reason == nil || r.word() == Optional {
			continue
		}
		for i := range out {
			if o := out[i]; o.Object == r.Object && o.Program == r.Program && o.Loader == r.Loader && o.Reason.Code == r.Reason.Code && o.Reason.Text == r.Reason.Text {
				out[i].kernels = append(out[i].kernels, r.Kernel)
				continue next
			}
		}
		out = append(out, rejection{r, []string{r.Kernel}})
	}
	return out
}

func (r rejection) text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "\n%s on %s%s: %s\n", r.where(), strings.Join(r.kernels, ", "), r.with(), clean(r.Reason.Text))
	for _, line := range []struct{ name, text string }{{"at", r.Reason.Line}, {"to do", r.Reason.Fix}, {"log", r.Log}} {
		if line.text != "" {
			fmt.Fprintf(&out, "  %-6s %s\n", line.name, clean(line.text))
		}
	}
	if r.Reason.Since != nil {
		fmt.Fprintf(&out, "  %-6s %s accepts it\n", "since", *r.Reason.Since)
	}
	for _, line := range lastWords(r.log) {
		fmt.Fprintf(&out, "    | %s\n", clean(line))
	}
	return out.String()
}

// shownLog is how many lines of a log are shown, from its end.
const shownLog = 8

// lastWords returns the end of a log, folded, without the statistics.
func lastWords(log string) []string {
	var kept []string
	for line := range strings.Lines(log) {
		if !probe.IsStatistic(line) && strings.TrimSpace(line) != "" {
			kept = append(kept, strings.TrimRight(line, "\n"))
		}
	}
	if len(kept) == 0 {
		return nil
	}
	folded := strings.Split(Fold(strings.Join(kept, "\n")), "\n")
	return folded[max(0, len(folded)-shownLog):]
}

// closing counts, as in "18 accepted, 2 rejected in 3.1s".
func (r Report) closing() string {
	counts := map[string]int{}
	for _, one := range r.Results {
		counts[one.word()]++
	}
	parts := []string{fmt.Sprintf("%d accepted", counts["accepted"])}
	for _, word := range words[1:] {
		if n := counts[word]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, word))
		}
	}
	return fmt.Sprintf("%s in %.1fs", strings.Join(parts, ", "), r.Seconds)
}
