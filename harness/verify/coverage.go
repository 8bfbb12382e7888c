package verify

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Coverage is what the verifier came to of a program, with all presets and on all kernels
// together: what it never came to is code that no preset has it verify, as branches that
// constants rule out.
type Coverage struct {
	Object  string   `json:"object"`
	Program string   `json:"program"`
	Presets []string `json:"presets"`           // those that are counted, on one kernel at least; "" is none
	Without []string `json:"without,omitempty"` // presets of which nothing is counted, and why

	Insns   int `json:"instructions"` // of the program, with its functions
	Reached int `json:"reached"`      // of these

	Lines    []LineCount `json:"lines"`                  // of which no instruction was reached; Insns is 0
	Missed   []InsnCount `json:"instructions_unreached"` // the first of them, in the order of the program; Insns is 0
	Partly   int         `json:"lines_partly"`           // lines of which some instructions were reached, and others were not
	Withheld int         `json:"left_out,omitempty"`     // instructions that were not reached and are not listed
}

// mostMissed is how many instructions a coverage lists.
const mostMissed = 1_000

// coverer collects what is reached of one program.
type coverer struct {
	of      Coverage
	source  *sourceLines
	reached []bool
	without map[string]string // why nothing of a preset is counted, by preset
}

// Coverages returns what the verifier came to of each program that was verified with presets, and
// of which profiles were asked for. Only accepted programs have one: what a rejected one had
// verified is not known, so its preset is named instead.
func (r Report) Coverages() (out []Coverage) {
	if !r.hasPresets() || !slices.ContainsFunc(r.Results, func(one Result) bool { return one.Profile != nil }) {
		return nil
	}
	var order []*coverer
	known := map[subject]*coverer{}
	for _, one := range r.Results {
		if one.Program == "" {
			continue
		}
		key := one.subject()
		key.preset = ""
		c := known[key]
		if c == nil {
			c = &coverer{of: Coverage{Object: one.Object, Program: one.Program}, without: map[string]string{}}
			known[key], order = c, append(order, c)
		}
		c.add(one)
	}
	for _, c := range order {
		out = append(out, c.coverage())
	}
	return out
}

// add adds what one result came to.
func (c *coverer) add(one Result) {
	counted, why := one.reachedInsns()
	switch {
	case why != "":
		if !slices.Contains(c.of.Presets, one.Preset) {
			c.without[one.Preset] = why + " on " + one.kernelName()
		}
		return
	case c.source == nil:
		c.source, c.reached = one.Profile.source, make([]bool, len(one.Profile.source.at))
	case len(one.Profile.source.at) != len(c.reached):
		c.without[one.Preset] = "it has another number of instructions on " + one.kernelName()
		return
	}
	for i, n := range counted {
		c.reached[i] = c.reached[i] || n > 0
	}
	delete(c.without, one.Preset)
	if !slices.Contains(c.of.Presets, one.Preset) {
		c.of.Presets = append(c.of.Presets, one.Preset)
	}
}

// reachedInsns returns how often the verifier came to each instruction, or why that is not known.
func (r Result) reachedInsns() (counts []int, why string) {
	switch {
	case !r.Accepted:
		return nil, r.word()
	case r.Profile == nil:
		return nil, "no profile"
	case !r.Profile.Whole():
		return nil, cmp.Or(r.Profile.Partial, "the log does not account for all instructions")
	case r.Profile.source == nil || r.Profile.source.program == nil || len(r.Profile.insns) > len(r.Profile.source.at):
		return nil, "the instructions of its profile are not those of the object"
	}
	return r.Profile.insns, ""
}

func (c *coverer) coverage() Coverage {
	for preset, why := range c.without {
		c.of.Without = append(c.of.Without, strings.TrimSpace(cmp.Or(preset, "-")+": "+why))
	}
	slices.Sort(c.of.Without)
	if c.source == nil {
		return c.of
	}
	size, reached := make([]int, len(c.source.lines)), make([]int, len(c.source.lines))
	at := 0
	for i := range c.source.program.Instructions {
		line := c.source.at[at].line
		size[line]++
		c.of.Insns++
		if c.reached[at] {
			reached[line]++
			c.of.Reached++
		} else {
			c.miss(at)
		}
		at += int(c.source.program.Instructions[i].Width())
	}
	for i, l := range c.source.lines {
		switch {
		case size[i] == 0 || reached[i] == size[i]:
		case reached[i] > 0:
			c.of.Partly++
		default:
			l.Size, l.Insns = size[i], 0
			c.of.Lines = append(c.of.Lines, l)
		}
	}
	slices.SortFunc(c.of.Lines, func(a, b LineCount) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	texts := c.source.texts(c.of.Missed)
	for i := range c.of.Missed {
		c.of.Missed[i].Text = texts[c.of.Missed[i].Index]
	}
	return c.of
}

// miss notes an instruction that was not reached.
func (c *coverer) miss(at int) {
	if len(c.of.Missed) == mostMissed {
		c.of.Withheld++
		return
	}
	c.of.Missed = append(c.of.Missed, InsnCount{Index: at, Line: c.source.lines[c.source.at[at].line].where()})
}

// Summary counts what was reached.
func (c Coverage) Summary() string {
	if len(c.Presets) == 0 {
		return "nothing is counted"
	}
	if c.Reached == c.Insns {
		return fmt.Sprintf("all %d instructions are reached", c.Insns)
	}
	return fmt.Sprintf("%d of %d instructions are reached", c.Reached, c.Insns)
}

// mostLinesShown is how many lines that no preset reaches are shown of one program.
const mostLinesShown = 30

// writeCoverages writes for each program what no preset reaches.
func (r Report) writeCoverages(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, c := range r.Coverage {
		if i == 0 {
			fmt.Fprintln(table, "\nover all presets and kernels:")
		}
		fmt.Fprintf(table, "%s of %s: %s\n", clean(c.Program), clean(c.Object), c.Summary())
		for _, why := range c.Without {
			fmt.Fprintf(table, "  not counted: preset %s\n", clean(why))
		}
		for _, l := range c.Lines[:min(len(c.Lines), mostLinesShown)] {
			fmt.Fprintf(table, "  %s\t%d not reached\t%s\n", clean(l.where()), l.Size, clean(l.Text))
		}
		if more := len(c.Lines) - mostLinesShown; more > 0 {
			fmt.Fprintf(table, "  and %d more lines, see --json\n", more)
		}
		if c.Partly > 0 {
			fmt.Fprintf(table, "  and a part of %d more lines\n", c.Partly)
		}
	}
	return table.Flush()
}
