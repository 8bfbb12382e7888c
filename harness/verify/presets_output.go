package verify

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// subject is what kernels are asked about: a program with the values of a preset.
type subject struct{ object, program, preset string }

func (r Result) subject() subject { return subject{r.Object, r.Program, r.Preset} }

// resultKey is a subject on a kernel, or on none, with a loader, or whichever.
type resultKey struct {
	subject
	kernel, loader string
}

// hasPresets reports whether programs were verified with presets.
func (r Report) hasPresets() bool {
	return slices.ContainsFunc(r.Results, func(one Result) bool { return one.Preset != "" })
}

// presetNamer returns a function that returns its arguments joined if there are presets, and else
// nothing.
func (r Report) presetNamer() func(name, end string) string {
	has := r.hasPresets()
	return func(name, end string) string {
		if !has {
			return ""
		}
		return name + end
	}
}

// presetName returns the preset's name for a column, "-" without one.
func (r Result) presetName() string { return cmp.Or(clean(r.Preset), "-") }

// withPreset returns a clause that names a preset, "" if there is none to name.
func withPreset(name string) string {
	if name == "" {
		return ""
	}
	return " with preset " + clean(name)
}

// presetCell is one preset on one kernel.
type presetCell struct {
	Text   string
	Failed bool // a program is rejected, or its loader cannot load it
	First  bool // of the cells that failed, row by row
}

// presetRow is a preset, "-" for what was verified without one, on all kernels.
type presetRow struct {
	Name  string
	Cells []presetCell
}

// presetRows returns the matrix of presets and kernels: how many programs of how many are
// accepted, and the first that is not, with the reason. There is none without presets.
func (r Report) presetRows() (rows []presetRow) {
	if !r.hasPresets() {
		return nil
	}
	counts, first := r.totalBy(Result.presetName), true
	for _, name := range counts.objects {
		row := presetRow{Name: name}
		for _, kernel := range counts.kernels {
			one := presetCell{Text: counts.counts[[2]string{name, kernel}].String()}
			if bad := r.firstFailure(name, kernel); bad != nil {
				one.Text += fmt.Sprintf(" (%s %s)", bad.program(), bad.short())
				one.Failed, one.First, first = true, first, false
			}
			row.Cells = append(row.Cells, one)
		}
		rows = append(rows, row)
	}
	return rows
}

// firstFailure returns the first result of a preset on a kernel that is not as a user wants it,
// nil if there is none.
func (r Report) firstFailure(preset, kernel string) *Result {
	at := slices.IndexFunc(r.Results, func(one Result) bool {
		return one.presetName() == preset && one.Kernel == kernel && one.Program != "" && one.failed()
	})
	if at < 0 {
		return nil
	}
	return &r.Results[at]
}

// failsFirst names the first cell of the matrix that fails, "" if none does.
func (r Report) failsFirst() string {
	rows, kernels := r.presetRows(), r.kernels()
	for _, row := range rows {
		for i, one := range row.Cells {
			if one.First {
				bad := r.firstFailure(row.Name, kernels[i])
				text := fmt.Sprintf("%s%s on %s: %s", bad.where(), withPreset(bad.Preset), bad.kernelName(), bad.word())
				if bad.Reason != nil {
					text += ": " + clean(bad.Reason.Text)
				}
				return text
			}
		}
	}
	return ""
}

// settings returns what the variables were set to, a line for all objects and one for each preset.
func (r Report) settings() (out []string) {
	if len(r.SetGlobal) > 0 {
		out = append(out, "set: "+clean(strings.Join(r.SetGlobal, ", ")))
	}
	for _, one := range r.Presets {
		values := "nothing is set"
		if len(one.Set) > 0 {
			values = strings.Join(one.Set, ", ")
		}
		out = append(out, clean("preset "+one.Name+": "+values))
	}
	return out
}

// writePresets writes the values, and the matrix of presets and kernels.
func (r Report) writePresets(w io.Writer) error {
	for _, line := range r.settings() {
		fmt.Fprintln(w, line)
	}
	rows := r.presetRows()
	if len(rows) > 0 {
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintf(table, "\nPRESET\t%s\n", strings.Join(r.kernelTitles(), "\t"))
		for _, row := range rows {
			cells := make([]string, len(row.Cells))
			for i, one := range row.Cells {
				cells[i] = one.Text
			}
			fmt.Fprintf(table, "%s\t%s\n", row.Name, strings.Join(cells, "\t"))
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	if first := r.failsFirst(); first != "" {
		fmt.Fprintln(w, "fails first:", first)
	}
	if len(r.settings())+len(rows) > 0 {
		fmt.Fprintln(w)
	}
	return nil
}
