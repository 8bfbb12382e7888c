package workshop

import (
	"cmp"
	"errors"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/nearest"
	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verify"
	"github.com/bpflab/bpflab/harness/wire"
	"github.com/bpflab/bpflab/vms/kernel"
)

// buildProblems are what clang found in the C file; nil if err is not the C's fault.
func buildProblems(file string, err error) []Problem {
	var compile *build.CompileError
	var limit *build.LimitError
	switch {
	case errors.As(err, &limit):
		return []Problem{{File: file, Severity: "error", Text: limit.Error(), Fix: "look for a header that includes itself, or a macro that grows without end"}}
	case !errors.As(err, &compile):
		return nil
	}
	var out []Problem
	for _, d := range compile.Diagnostics {
		p := Problem{File: path.Base(d.File), Line: d.Line, Column: d.Column, Severity: "error", Text: d.Text}
		switch d.Severity {
		case "note":
			continue // says more of the one before, mostly of a header
		case "warning":
			p.Severity = "warning"
		}
		p.Explanation = explainClang(d.Text)
		out = append(out, p)
	}
	if len(out) == 0 {
		out = []Problem{{File: file, Severity: "error", Text: firstLine(compile.Output), Explanation: compile.Hint}}
	}
	return out
}

// clangWords are what clang says, and what it means in eBPF.
var clangWords = []struct{ says, means string }{
	{"Looks like the BPF stack limit", "the variables of a function need more than 512 bytes, which is all the stack there is: put large ones into a per-CPU array map"},
	{"A call to built-in function", "the C library is not there in the kernel: use a helper or __builtin_memcpy and the like with a constant size"},
	{"call to undeclared function", "no header here declares it: is its name right? Helpers begin with bpf_"},
	{"implicit declaration of function", "no header here declares it: is its name right? Helpers begin with bpf_"},
	{"file not found", "only the headers in bpf/include, libbpf's and the kernel's user-space headers are there"},
	{"unused variable", "a warning counts as an error here: use the variable, or remove it"},
	{"non-void function does not return a value", "the kernel takes the program's answer from it: end with return and a number, on every path"},
	{"undefined function", "a function without a body cannot be called in the kernel"},
}

const (
	moreArguments   = "the kernel hands one argument to a program, its context, and this one uses another: macros such as BPF_PROG and BPF_KPROBE take a function's arguments out of the context"
	numberAsPointer = "to the verifier this address is a number like any other, and what it points to cannot be known: copy from it with bpf_probe_read_kernel, or bpf_probe_read_user if it is a process's (before 5.5 bpf_probe_read)"
)

// verifierWords are what the verifier says, and what it means for who wrote the C.
var verifierWords = []struct{ says, means string }{
	{"map_value_or_null", "a lookup in a map may find nothing: compare what it returns with NULL (0) before you use it"},
	{"_or_null'", "the pointer may be NULL here: compare it with 0 before you use it"},
	{"invalid access to packet", "the packet may be shorter: compare the address behind what you read with data_end first, on this path"},
	{"invalid access to map value", "the place lies outside the map's value, or may: bound the index with a comparison before it"},
	{"R2 !read_ok", moreArguments}, {"R3 !read_ok", moreArguments}, {"R4 !read_ok", moreArguments}, {"R5 !read_ok", moreArguments},
	{"R0 !read_ok", "the program ends without an answer: it needs a return on every path"},
	{"!read_ok", "a variable is read before anything was written to it, on one path at least"},
	{"invalid indirect read from stack", "bytes of a variable on the stack are handed on that nobody has written: begin with = {}"},
	{"invalid mem access 'scalar'", numberAsPointer},
	{"invalid mem access 'inv'", numberAsPointer},
	{"unbounded memory access", "the length or index has no upper bound that the verifier knows: compare it with one"},
	{"infinite loop", "the loop comes back to where it was with nothing changed: it would never end"},
	{"At program exit the register R0", "the answer is none that this hook may give: 0, or a negative error number such as -EPERM"},
	{"Unreleased reference", "what was taken (a ring buffer's record, a socket) must be given back on every path"},
}

// lately is how many lines of a log's end are looked at: what the verifier has against a
// program stands in the last, or shortly before.
const lately = 4

// inWords finds what the end of a log means, and the line that says it; "" if that is
// not known.
func inWords(log string) (line, means string) {
	said := probe.Said(log)
	for _, line := range slices.Backward(said[max(0, len(said)-lately):]) {
		for _, w := range verifierWords {
			if strings.Contains(line, w.says) {
				return line, w.means
			}
		}
	}
	return "", ""
}

// undeclared finds a helper's name that no header has.
var undeclared = regexp.MustCompile(`(?:implicit declaration of|call to undeclared) function '(bpf_\w+)'`)

func explainClang(text string) string {
	if name := found(undeclared, text); name != "" {
		if near := nearest.Names(name, helpers(), nearest.Typo(name), 3); len(near) > 0 {
			return "no header here declares it; there is " + strings.Join(near, ", ")
		}
	}
	for _, w := range clangWords {
		if strings.Contains(text, w.says) {
			return w.means
		}
	}
	return ""
}

// stepProblems are what the kernel had against a step's programs.
func stepProblems(code []byte, file string, v kernel.Version, single session.Single) (Stage, []Problem) {
	var out []Problem
	for _, p := range single.Programs {
		if !p.Accepted {
			out = append(out, rejected(code, file, v, single, p))
		}
	}
	if len(out) > 0 {
		return StageLoad, out
	}
	if what, ok := strings.CutPrefix(single.Expected, "attach "); ok {
		name := strings.TrimSuffix(what, " works")
		return StageAttach, []Problem{{File: file, Line: definedAt(code, name), Severity: "error", Text: single.Seen,
			Code: "attach", Explanation: "the program was loaded, and could not be attached where its section says"}}
	}
	if strings.HasPrefix(single.Expected, "the object's maps") || strings.HasPrefix(single.Expected, "load the object") || single.Expected == "an eBPF object" {
		return StageLoad, []Problem{refusedObject(code, file, v, single)}
	}
	return StageCheck, nil
}

// noProgram finds the program that an object lacks.
var noProgram = regexp.MustCompile(`the object has no program "(\w+)"`)

// refusedObject is an object whose maps cannot be made, or that cannot be read.
func refusedObject(code []byte, file string, v kernel.Version, single session.Single) Problem {
	reason := verify.Explain(verify.Rejection{Kernel: v, Stage: wire.StageMap, Message: single.Seen})
	p := Problem{File: file, Severity: "error", Text: single.Seen, Code: reason.Code, Explanation: reason.Text, Fix: reason.Fix}
	if old := lineOf(code, `SEC("maps")`); old > 0 {
		p.Line, p.Explanation, p.Fix = old, `a map that is described by __uint, __type and the like belongs in the section ".maps"; "maps" is an older form`, `SEC(".maps")`
	}
	if m := noProgram.FindStringSubmatch(single.Seen); m != nil {
		p.Code, p.Explanation, p.Fix = "no_program", "this step needs a program called "+m[1], "was the function renamed, or its SEC(\"...\") forgotten?"
	}
	if m := mapName.FindStringSubmatch(single.Seen); m != nil {
		p.Line = lineOf(code, m[1]+" SEC(")
	}
	return p
}

// stageOf tells that a program came no further than its section.
func stageOf(p wire.Program) string {
	if p.Type == ebpf.UnspecifiedProgram.String() {
		return wire.StageSection
	}
	return ""
}

func rejected(code []byte, file string, v kernel.Version, single session.Single, p wire.Program) Problem {
	about := verify.Program{Name: p.Name, Section: p.Section, Type: p.Type}
	if single.Spec != nil && single.Spec.Programs[p.Name] != nil {
		about.Insns = len(single.Spec.Programs[p.Name].Instructions)
	}
	reason := verify.Explain(verify.Rejection{Program: about, Kernel: v, Stage: stageOf(p), Errno: p.Errno, Message: p.Message, Log: p.Log})
	out := Problem{File: file, Severity: "error", Code: reason.Code, Explanation: reason.Text, Fix: reason.Fix,
		Text: p.Name + ": the verifier rejects it"}
	words, means := inWords(p.Log)
	if means != "" {
		out.Explanation, out.Fix = means, "" // which say more than the reason of all such errors
	}
	if words = cmp.Or(words, complaint(p), p.Message); words != "" {
		out.Text = p.Name + ": " + words
	}
	if out.Line, out.Column = failedAt(single.Spec, p, file); out.Line == 0 {
		out.Line = definedAt(code, p.Name)
	}
	return out
}
