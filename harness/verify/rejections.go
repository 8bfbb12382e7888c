package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/probe"
)

// rejection is one reason, of all programs that have it: those that use one map that cannot
// be made, for example.
type rejection struct {
	Result // the first that has it
	occurrences
}

// occurrences are the programs that have something in common.
type occurrences struct {
	found []occurrence
	known map[subject]int // where those of a program are in found
}

// occurrence is a program and the kernels on which it has it.
type occurrence struct {
	subject
	kernels []string
}

// add adds a result, and reports whether it is of a program that was not there.
func (o *occurrences) add(r Result) bool {
	program := r.subject()
	at, ok := o.known[program]
	if !ok {
		if o.known == nil {
			o.known = map[subject]int{}
		}
		at = len(o.found)
		o.known[program], o.found = at, append(o.found, occurrence{subject: program})
	}
	o.found[at].kernels = append(o.found[at].kernels, r.kernelName())
	return !ok
}

// cause is what rejections are grouped by.
type cause struct{ loader, verdict, code, text string }

// rejections groups what is not accepted by its reason: rejections first, and what is
// undecided after them, those that most programs have before others, and reasons of one code
// beside each other.
func rejections(all []Result) []rejection {
	var out []rejection
	groups, codes := map[cause]int{}, map[string]int{}
	for _, r := range all {
		if r.Accepted || r.Reason == nil || r.Expect != nil || r.word() == Optional {
			continue
		}
		why := cause{r.Loader, r.word(), r.Reason.Code, r.Reason.Text}
		i, ok := groups[why]
		if !ok {
			i = len(out)
			groups[why], out = i, append(out, rejection{Result: r})
		}
		if out[i].add(r) {
			codes[why.code]++
		}
	}
	slices.SortStableFunc(out, func(a, b rejection) int {
		return cmp.Or(slices.Index(words, a.word())-slices.Index(words, b.word()), codes[b.Reason.Code]-codes[a.Reason.Code], strings.Compare(a.Reason.Code, b.Reason.Code), len(b.found)-len(a.found))
	})
	return out
}

// text returns a paragraph. The line of C and the log are of the first program.
func (r rejection) text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "\n%s: %s\n", r.title(), clean(r.Reason.Text))
	for _, line := range r.lines() {
		fmt.Fprintf(&out, "  of     %s\n", line)
	}
	for _, line := range []struct{ name, text string }{{"at", r.Reason.Line}, {"to do", r.Reason.Fix}, {"log", r.Log}} {
		if line.text != "" {
			fmt.Fprintf(&out, "  %-6s %s\n", line.name, clean(line.text))
		}
	}
	if r.Reason.Since != nil {
		fmt.Fprintf(&out, "  %-6s %s accepts it\n", "since", r.Reason.sinceName())
	}
	for _, line := range r.end {
		fmt.Fprintf(&out, "    | %s\n", clean(line))
	}
	return out.String()
}

// title names the program, or counts those that have the reason.
func (r rejection) title() string {
	if len(r.found) == 1 {
		return r.where() + withPreset(r.Preset) + " on " + strings.Join(r.found[0].kernels, ", ") + r.with()
	}
	what, n := "program", r.programs()
	if r.Program == "" {
		what = "object"
	}
	if n > 1 {
		what += "s"
	}
	return fmt.Sprintf("%s, %d %s%s", clean(r.Reason.Code), n, what, r.with())
}

// programs counts the programs that have the reason, with whatever preset.
func (r rejection) programs() int {
	seen := map[subject]bool{}
	for _, one := range r.found {
		one.preset = ""
		seen[one.subject] = true
	}
	return len(seen)
}

// listed is how many lines name the programs of one reason at most.
const listed = 12

// lines names the programs that have the reason; none if there is only one.
func (r rejection) lines() []string {
	if len(r.found) == 1 {
		return nil
	}
	out := summarised(r.found)
	if more := len(out) - listed; more > 1 {
		out = append(out[:listed], fmt.Sprintf("and %d more lines like these, see the table", more))
	}
	return out
}

// summary is what a line says of an object.
type summary struct {
	object, programs, kernels string
	presets                   []string
}

// String returns "PROGRAMS of OBJECT with presets A, B on KERNELS".
func (s summary) String() string {
	text := clean(s.object)
	if s.programs != "" {
		text = s.programs + " of " + text
	}
	if len(s.presets) > 1 {
		text += " with presets " + strings.Join(s.presets, ", ")
	} else {
		text += withPreset(s.presets[0])
	}
	return text + " on " + s.kernels
}

// summarised names programs, those of one object and the same kernels on one line, with all
// presets for which they are the same.
func summarised(found []occurrence) []string {
	var all []summary
	for i := 0; i < len(found); {
		first, names := found[i], []string(nil)
		for ; i < len(found) && found[i].object == first.object && found[i].preset == first.preset && slices.Equal(found[i].kernels, first.kernels); i++ {
			if found[i].program != "" {
				names = append(names, clean(found[i].program))
			}
		}
		line := summary{first.object, strings.Join(names, ", "), strings.Join(first.kernels, ", "), []string{first.preset}}
		same := slices.IndexFunc(all, func(s summary) bool {
			return s.object == line.object && s.programs == line.programs && s.kernels == line.kernels
		})
		if same < 0 {
			all = append(all, line)
		} else {
			all[same].presets = append(all[same].presets, first.preset)
		}
	}
	out := make([]string, len(all))
	for i, one := range all {
		out[i] = one.String()
	}
	return out
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
