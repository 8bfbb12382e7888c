package verify

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// Lines and functions of each program that are shown on a terminal.
const (
	linesShown     = 10
	functionsShown = 5
)

// writeProfiles writes where the verifier's work on each program goes.
func (r Report) writeProfiles(w io.Writer) error {
	for _, one := range r.Results {
		if one.Profile == nil {
			continue
		}
		fmt.Fprintf(w, "\nprofile of %s: %s\n", one.profiled(), clean(one.Profile.summary()))
		if err := one.Profile.writeTable(w); err != nil {
			return err
		}
	}
	return nil
}

// profiled names what a profile is of.
func (r Result) profiled() string {
	text := r.where() + " on " + withRelease(clean(r.Kernel), clean(r.Release))
	if r.Preset != "" {
		text += " with " + clean(r.Preset)
	}
	return text
}

func (p *Profile) writeTable(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(p.Functions) > 1 {
		fmt.Fprintln(table, "  INSNS\tSHARE\tFUNCTION\t")
		for _, f := range p.Functions[:min(functionsShown, len(p.Functions))] {
			fmt.Fprintf(table, "  %d\t%s\t%s\t\n", f.Insns, p.share(f.Insns), clean(f.Name))
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	if len(p.Lines) == 0 {
		return nil
	}
	fmt.Fprintln(table, "  INSNS\tSHARE\tLINE\tSOURCE")
	for _, l := range p.hottest(linesShown) {
		fmt.Fprintf(table, "  %d\t%s\t%s\t%s\n", l.Insns, p.share(l.Insns), clean(l.where()), clean(l.Text))
	}
	return table.Flush()
}

// LineChange is how the instructions of a line differ between two runs.
type LineChange struct {
	Now      Result
	Line     LineCount // of the later run, or of the earlier one if the line is gone
	WasInsns int
}

// ChangedLines compares the profiles of each program on each kernel that both runs have whole, the
// largest differences first. A line is the same if it has the same text, and is the first,
// second and so on of its file that has it: so lines that have moved are compared with
// themselves.
func ChangedLines(was, now Report) []LineChange {
	find := was.finder(now)
	var out []LineChange
	for _, r := range now.Results {
		before, ok := find(r)
		if !ok || !before.Profile.Whole() || !r.Profile.Whole() {
			continue
		}
		out = append(out, changedLines(before.Profile, r)...)
	}
	slices.SortStableFunc(out, func(a, b LineChange) int { return cmp.Compare(b.size(), a.size()) })
	return out
}

func changedLines(was *Profile, now Result) (out []LineChange) {
	before, later := byText(was.Lines), byText(now.Profile.Lines)
	for _, key := range later.keys {
		if l, old := later.lines[key], before.lines[key]; l.Insns != old.Insns {
			out = append(out, LineChange{now, l, old.Insns})
		}
	}
	for _, key := range before.keys {
		if _, still := later.lines[key]; !still && before.lines[key].Insns > 0 {
			gone := before.lines[key]
			out = append(out, LineChange{now, LineCount{File: gone.File, Line: gone.Line, Text: gone.Text}, gone.Insns})
		}
	}
	return out
}

func (c LineChange) size() int { return max(c.Line.Insns-c.WasInsns, c.WasInsns-c.Line.Insns) }

// textKey names a line by its text.
type textKey struct {
	file, text string
	nth        int
}

type linesByText struct {
	keys  []textKey
	lines map[textKey]LineCount
}

func byText(lines []LineCount) linesByText {
	out, seen := linesByText{lines: map[textKey]LineCount{}}, map[textKey]int{}
	for _, l := range lines {
		key := textKey{file: l.File, text: l.Text}
		if l.Text == "" {
			key.text = fmt.Sprint("line ", l.Line) // clang has lines without a text
		}
		seen[key]++
		key.nth = seen[textKey{file: key.file, text: key.text}]
		out.keys, out.lines[key] = append(out.keys, key), l
	}
	return out
}

// changesShown is how many changes of lines are written.
const changesShown = 25

// WriteChangedLines writes the changes of lines, nothing if neither run has profiles.
func WriteChangedLines(w io.Writer, all []LineChange) error {
	if len(all) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nPROGRAM\tKERNEL\tLINE\tWAS\tNOW\tCHANGE\tSOURCE")
	for _, c := range all[:min(changesShown, len(all))] {
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%+d\t%s\n", c.Now.program(), clean(c.Now.Kernel), clean(c.Line.where()), c.WasInsns, c.Line.Insns, c.Line.Insns-c.WasInsns, clean(c.Line.Text))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if rest := len(all) - changesShown; rest > 0 {
		_, err := fmt.Fprintf(w, "and %d lines that changed less\n", rest)
		return err
	}
	return nil
}
