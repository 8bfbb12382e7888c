package verify

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/verifierlog"
)

// Profile says where the verifier's work on an accepted program goes: how many instructions it
// processed, by function, line of C and instruction, and in which chains of calls. Lists are
// bounded: see mostLines. What is left out of one is counted.
type Profile struct {
	Processed int    `json:"processed"`         // instructions, as the kernel says
	Counted   int    `json:"counted"`           // instructions that the log accounts for: all if the two are equal
	Pruned    int    `json:"pruned"`            // how many of these came to a state that the verifier knew
	LogBytes  int64  `json:"log_bytes"`         // length of the log of all instructions
	Partial   string `json:"partial,omitempty"` // why it does not account for all, or not by line

	Functions []FunctionCount `json:"functions"`    // the most instructions first
	Lines     []LineCount     `json:"lines"`        // in the order of files and lines
	Insns     []InsnCount     `json:"instructions"` // the most processed ones, the most first
	Chains    []ChainCount    `json:"chains"`       // of calls, in the order of their functions
	Unplaced  int             `json:"unplaced"`     // instructions of which the log does not show the chain of calls; they stand in chains of their own function

	LinesLeftOut  int `json:"lines_left_out,omitempty"`        // instructions of lines that are not listed
	InsnsLeftOut  int `json:"instructions_left_out,omitempty"` // of instructions that are not listed
	ChainsLeftOut int `json:"chains_left_out,omitempty"`       // of chains that are not listed

	source *sourceLines // nil if the counts are not those of its instructions
	insns  []int        // how often each instruction was processed
}

// How many lines, instructions and chains of calls a profile lists: those with the most
// instructions.
const (
	mostLines  = 10_000
	mostInsns  = 100
	mostChains = 1_000
)

// FunctionCount is a function, inlined ones taken into the one that they are in.
type FunctionCount struct {
	Name  string `json:"name"`
	Size  int    `json:"size"` // instructions that it consists of
	Insns int    `json:"insns"`
}

// LineCount is a line of C. One that was inlined into several functions is listed once.
type LineCount struct {
	File  string `json:"file"` // as clang was given it; "" for instructions without a line
	Line  int    `json:"line"`
	Text  string `json:"text"`
	Size  int    `json:"size"` // instructions that it consists of
	Insns int    `json:"insns"`
}

// InsnCount is an instruction.
type InsnCount struct {
	Index int    `json:"index"` // in the loaded program
	Text  string `json:"text"`  // as cilium/ebpf writes it
	Line  string `json:"line"`  // "prog.bpf.c:12"
	Insns int    `json:"insns"`
}

// ChainCount is a chain of calls, and the instructions of its last function in it.
type ChainCount struct {
	Functions []string `json:"functions"`
	Insns     int      `json:"insns"`
}

// readProfile reads what a guest has counted of a program. processed is what the kernel said
// when it loaded the program first.
func readProfile(text []byte, program *ebpf.ProgramSpec, processed int) *Profile {
	var a verifierlog.Answer
	if err := json.Unmarshal(text, &a); err != nil {
		return &Profile{Processed: processed, Partial: "the machine's counts cannot be read: " + err.Error()}
	}
	return newProfile(a, program, processed)
}

// newProfile gives the counts of instructions to the lines of a program.
func newProfile(a verifierlog.Answer, program *ebpf.ProgramSpec, processed int) *Profile {
	p := &Profile{Processed: cmp.Or(a.Processed, processed), Counted: a.Counted(), Pruned: a.Pruned, LogBytes: a.Bytes, Unplaced: a.Unplaced}
	p.Partial = partial(a, p)
	source := sourceOf(program)
	if (a.Loaded != 0 && a.Loaded != len(source.at)) || len(a.Insns) > len(source.at) {
		p.Partial = joined(p.Partial, fmt.Sprintf("the loaded program has %d instructions and the object's has %d, so they are not shown by line", max(a.Loaded, len(a.Insns)), len(source.at)))
		source = source.blank(max(a.Loaded, len(a.Insns)))
	}
	source.count(a.Insns)
	p.source, p.insns = source, a.Insns
	p.Functions = slices.SortedFunc(slices.Values(source.functions), func(a, b FunctionCount) int {
		return cmp.Or(cmp.Compare(b.Insns, a.Insns), strings.Compare(a.Name, b.Name))
	})
	p.Lines, p.LinesLeftOut = source.topLines()
	p.Insns, p.InsnsLeftOut = source.topInsns(a.Insns)
	p.Chains, p.ChainsLeftOut = source.chains(a.Chains)
	return p
}

// partial says why a log does not account for all instructions, "" if it does.
func partial(a verifierlog.Answer, p *Profile) string {
	switch {
	case a.Failed != "":
		return a.Failed
	case p.Processed == 0:
		return "the kernel does not say how many instructions it processed"
	case p.Counted != p.Processed:
		return "the log has another number of instructions than the kernel says; this may be a format that bpflab does not know"
	}
	return ""
}

func joined(first, second string) string { return strings.Trim(first+"; "+second, "; ") }

// Whole reports whether there is a profile, and it accounts for all instructions that were
// processed.
func (p *Profile) Whole() bool { return p != nil && p.Counted > 0 && p.Counted == p.Processed }

// summary is one line about a profile: "86 instructions processed, all counted".
func (p *Profile) summary() string {
	text := fmt.Sprintf("%d instructions processed", p.Processed)
	switch {
	case p.Whole() && p.Partial == "":
		text += fmt.Sprintf(", all counted, %d at known states, log of %s", p.Pruned, bytesText(p.LogBytes))
	case p.Whole():
		text += ", all counted; " + p.Partial
	default:
		text += fmt.Sprintf(", %d of them COUNTED: %s", p.Counted, p.Partial)
	}
	if p.Unplaced > 0 {
		text += fmt.Sprintf("; of %d the chain of calls is not known", p.Unplaced)
	}
	return text
}

// bytesText returns a number of bytes as people read it.
func bytesText(n int64) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// share returns a part of all counted instructions in percent.
func (p *Profile) share(insns int) string {
	if p.Counted == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(insns)/float64(p.Counted))
}

// hottest returns the lines with the most instructions, those first.
func (p *Profile) hottest(most int) []LineCount {
	lines := slices.SortedStableFunc(slices.Values(p.Lines), func(a, b LineCount) int { return cmp.Compare(b.Insns, a.Insns) })
	return lines[:min(most, len(lines))]
}

// where returns the line's place, without directories: "prog.bpf.c:12".
func (l LineCount) where() string {
	if l.File == "" {
		return "(no line)"
	}
	return fmt.Sprintf("%s:%d", filepath.Base(l.File), l.Line)
}
