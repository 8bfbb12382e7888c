package verify

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// writeExpectations writes a line for each test, with what is expected and seen side by side, and
// all checks of those that do not hold.
func (r Report) writeExpectations(w io.Writer) error {
	named, preset := r.objectNamer(), r.presetNamer()
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, named("OBJECT\t", "")+"PROGRAM\t"+preset("PRESET\t", "")+"KERNEL\tRELEASE\tVERDICT\tEXPECTED\tSEEN")
	for _, one := range r.Results {
		fmt.Fprintf(table, "%s%s\t%s%s\t%s\t%s\t%s\t%s\n", named(clean(one.Object), "\t"), one.program(), preset(one.presetName(), "\t"), clean(one.Kernel),
			cmp.Or(clean(one.Release), "-"), one.mark(), one.expectedOr(), one.seenOr())
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, one := range r.Results {
		if one.Expect != nil && one.Expect.Verdict == Fail {
			io.WriteString(w, one.failedChecks())
		}
	}
	section(w, "prepared", r.preparations())
	_, err := fmt.Fprintf(w, "\n%s\n", r.closing())
	return err
}

// failedChecks returns a paragraph about a test that does not hold.
func (r Result) failedChecks() string {
	out := fmt.Sprintf("\n%s on %s%s:", r.where(), clean(r.Kernel), clean(withPreset(r.Preset)))
	if d := r.Expect.Description; d != "" {
		out += " " + clean(d)
	}
	out += "\n"
	for _, c := range r.Expect.Checks {
		state := "ok"
		if !c.Holds {
			state = "not"
		}
		out += fmt.Sprintf("  %-4s %s\n       expected: %s\n       seen:     %s\n", state, c.Tag, clean(c.Expected), clean(c.Seen))
	}
	if len(r.Expect.Checks) == 0 {
		out += "  expected: " + clean(r.Expect.Expected) + "\n  seen:     " + clean(r.Expect.Seen) + "\n"
	}
	for _, line := range r.end {
		out += "    | " + clean(line) + "\n"
	}
	if r.Log != "" {
		out += "  log: " + r.Log + "\n"
	}
	return out
}

// markdownFailures returns a list item for each test that does not hold.
func (r Report) markdownFailures() string {
	var out strings.Builder
	for _, one := range r.Results {
		if one.Expect != nil && one.Expect.Verdict == Fail {
			fmt.Fprintf(&out, "\n- **%s** on %s: expected %s, seen %s\n", cell(one.where()+withPreset(one.Preset)), cell(one.Kernel), cell(one.Expect.Expected), cell(one.Expect.Seen))
		}
	}
	return out.String()
}
