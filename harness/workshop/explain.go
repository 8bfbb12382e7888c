package workshop

import (
	"cmp"
	"errors"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verify"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/suggest"
	"github.com/bpflab/bpflab/vms/wire"
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
var clangHints = []struct{ says, means string }{
	{"Looks like the BPF stack limit", "the variables of a function need more than 512 bytes, which is all the stack there is: put large ones into a per-CPU array map"},
	{"A call to built-in function", "the C library is not there in the kernel: use a helper or __builtin_memcpy and the like with a constant size"},
	{"implicitly declaring library function", "the C library is not there in the kernel: programs print with bpf_trace_printk, and copy with __builtin_memcpy"},
	{"call to undeclared function", "no header here declares it: is its name right? Helpers begin with bpf_"},
	{"implicit declaration of function", "no header here declares it: is its name right? Helpers begin with bpf_"},
	{"file not found", "only the headers in bpf/include, libbpf's and the kernel's user-space headers are there"},
	{"unused variable", "a warning counts as an error here: use the variable, or remove it"},
	{"non-void function does not return a value", "the kernel takes the program's answer from it: end with return and a number, on every path"},
	{"undefined function", "a function without a body cannot be called in the kernel"},
	{"incomplete type", "no header here has a struct of this name: is it mistyped?"},
	{"incomplete definition of type", "no header here has a struct of this name: is it mistyped?"},
	{"no member named", "the struct has no such field: its definition is in this file, or in a header of bpf/include"},
	{"undeclared identifier", "nothing of this name is declared above, or in the headers: is it mistyped?"},
	{"comparison of distinct pointer types", "data_end is a void *: cast the other side, as in (void *)(ip + 1) > data_end"},
	{"incompatible pointer to integer conversion", "a value is wanted here, and this is its address: put * before it"},
	{"incompatible integer to pointer conversion", "an address is wanted here: put & before the variable"},
	{"to parameter of incompatible type 'void *'", "an address is wanted here: put & before the variable"},
	{"result of an assignment as a condition", "= assigns, == compares"},
	{"unknown attribute", "clang has no attribute of this name: is it mistyped?"},
	{"declaration does not declare anything", "there is a semicolon too much: an attribute of a struct stands between } and ;"},
	{"loop not unrolled", "clang could not write the loop out: mostly because the number of rounds is no constant"},
	{"[-Werror", "a warning of clang's counts as an error here"},
}

const (
	moreArguments   = "the kernel hands one argument to a program, its context, and this one uses another: macros such as BPF_PROG and BPF_KPROBE take a function's arguments out of the context"
	errorWanted     = "0 or a negative error number, such as -EPERM, is wanted here: inside the kernel errors are negative"
	zeroOrOne       = "the answer here has to be 0 or 1"
	numberAsPointer = "to the verifier this address is a number like any other, and what it points to cannot be known: copy from it with bpf_probe_read_kernel, or bpf_probe_read_user if it is a process's (before 5.5 bpf_probe_read)"
)

// verifierWords are what the verifier says, and what it means for who wrote the C.
var verifierHints = []struct{ says, means string }{
	{"map_value_or_null", "a lookup in a map may find nothing: compare what it returns with NULL (0) before you use it"},
	{"_or_null'", "the pointer may be NULL here: compare it with 0 before you use it"},
	{"r=65535)", "the verifier has walked the loop up to the largest packet there can be, of 65535 bytes: give the loop a bound of its own"},
	{"invalid access to packet", "the packet may be shorter: compare the address behind what you read with data_end first, on this path; a number that is part of the address needs a bound before that"},
	{"invalid access to map value", "the place lies outside the map's value, or may: bound the index with a comparison before it"},
	{"R2 !read_ok", moreArguments}, {"R3 !read_ok", moreArguments}, {"R4 !read_ok", moreArguments}, {"R5 !read_ok", moreArguments},
	{"R0 !read_ok", "the program ends without an answer: it needs a return with a number on every path (bpf_tail_call gives none)"},
	{"!read_ok", "a variable is read before anything was written to it, on one path at least"},
	{"invalid indirect read from stack", "bytes of a variable on the stack are handed on that nobody has written: begin with = {}"},
	{"invalid mem access 'scalar'", numberAsPointer},
	{"invalid mem access 'inv'", numberAsPointer},
	{"unbounded memory access", "the length or index has no upper bound that the verifier knows: compare it with one"},
	{"infinite loop", "the loop comes back to where it was with nothing changed: it would never end"},
	{"should have been in [-4095, 0]", errorWanted},
	{"should have been in [0, 1]", zeroOrOne},
	{"should have been in (0x0; 0x1)", zeroOrOne},
	{"At program exit the register R0", "the answer is none that a program of this type may give"},
	{"invalid bpf_context access", "at this place the context of such a program has nothing that may be read, or written: does SEC name the type of program that the function was written for?"},
	{"pointer be out of bounds", "the number that is added to the address may be negative, or far too large: take an unsigned type, and compare it with a bound first"},
	{"min value is negative", "the index may be negative: take an unsigned type, or compare it with 0 as well"},
	{" expected=", "a helper gets another kind of argument than it takes: R1 is its first, R2 its second, and so on"},
	{"cannot pass map_type", "this helper is not for maps of that type"},
	{"expected prog array map for tail call", "the second argument of bpf_tail_call is a program array"},
	{"misconfigured verifier", "a helper gets a map of a type that is not for it: bpf_tail_call, for one, takes a program array"},
	{"BPF_STX uses reserved fields", "the result of an atomic operation is used, which kernels before 5.12 do not have: add only, and look the sum up in another line"},
	{"must have a GPL compatible license", "such programs need a licence that is compatible with the GPL: char LICENSE[] SEC(\"license\") = \"Dual BSD/GPL\";"},
	{"Unreleased reference", "what was taken (a ring buffer's record, a socket) must be given back on every path"},
}

// lately is how many lines of a log's end are looked at: what the verifier has against a
// program stands in the last, or shortly before.
const lastLines = 4

// inWords finds what the end of a log means, and the line that says it; "" if that is
// not known.
func explainLog(log string) (line, means string) {
	said := probe.Said(log)
	for _, line := range slices.Backward(said[max(0, len(said)-lastLines):]) {
		for _, w := range verifierHints {
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
		if near := suggest.Names(name, helpers(), suggest.Typo(name), 3); len(near) > 0 {
			return "no header here declares it; there is " + strings.Join(near, ", ")
		}
	}
	for _, w := range clangHints {
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
		return StageAttach, []Problem{{File: file, Line: sectionAt(code, name), Severity: "error", Text: single.Seen,
			Code: "attach", Explanation: "the program was loaded, and could not be attached where its section says"}}
	}
	if strings.HasPrefix(single.Expected, "the object's maps") || strings.HasPrefix(single.Expected, "load the object") || single.Expected == "an eBPF object" {
		return StageLoad, []Problem{refusedObject(code, file, v, single)}
	}
	return StageCheck, nil
}

// symbolNowhere finds a function that a map of programs names and that is not there.
var symbolNowhere = regexp.MustCompile(`unknown relocation type \w+ for symbol (\w+)`)

// noProgram finds the program that an object lacks.
var noProgram = regexp.MustCompile(`the object has no program "(\w+)"`)

// refusedObject is an object whose maps cannot be made, or that cannot be read.
func refusedObject(code []byte, file string, v kernel.Version, single session.Single) Problem {
	reason := verify.Explain(verify.Rejection{Kernel: v, Stage: wire.StageMap, Message: single.Seen})
	p := Problem{File: file, Severity: "error", Text: single.Seen, Code: reason.Code, Explanation: reason.Text, Fix: reason.Fix}
	if old := lineOf(code, `SEC("maps")`); old > 0 {
		p.Line, p.Explanation, p.Fix = old, `a map that is described by __uint, __type and the like belongs in the section ".maps"; "maps" is an older form`, `SEC(".maps")`
	}
	if name := found(symbolNowhere, single.Seen); name != "" {
		p.Explanation, p.Fix = "the map's values name the function "+name+", which this file does not have", "was it renamed?"
	}
	if name := found(noProgram, single.Seen); name != "" {
		lacksProgram(&p, code, name)
	}
	if printk := lineOf(code, "bpf_printk("); printk > 0 && reason.Code == "global_data" {
		p.Line, p.Fix = printk, "bpf_printk keeps its text there: put #define BPF_NO_GLOBAL_DATA before the headers, and \\n at the text's end; or use bpf_trace_printk with an array of char"
		return p
	}
	if m := mapName.FindStringSubmatch(single.Seen); m != nil {
		p.Line = lineOf(code, m[1]+" SEC(")
	}
	return p
}

// programsThere finds the programs that the object has instead.
var programsThere = regexp.MustCompile(`the object has no program "\w+"; it has (.+)`)

// lacksProgram tells what may have become of a program: a function without a section, or
// one of another name.
func lacksProgram(p *Problem, code []byte, name string) {
	p.Code, p.Explanation, p.Fix = "no_program", "this step needs a program called "+name, "was the function renamed, or its SEC(\"...\") forgotten?"
	if p.Line = definedAt(code, name); p.Line > 0 {
		p.Explanation = "the function " + name + " is there, and is no program: it has no section"
		p.Fix = `put SEC("...") above it`
		return
	}
	there := strings.Split(found(programsThere, firstLine(p.Text)), ", ")
	if near := suggest.Names(name, there, suggest.Typo(name), 1); len(near) > 0 {
		p.Line, p.Fix = definedAt(code, near[0]), "there is "+near[0]+": call it "+name
	}
}

func rejected(code []byte, file string, v kernel.Version, single session.Single, p wire.Program) Problem {
	about := verify.Program{Name: p.Name, Section: p.Section, Type: p.Type}
	if single.Spec != nil && single.Spec.Programs[p.Name] != nil {
		about.Insns = len(single.Spec.Programs[p.Name].Instructions)
	}
	reason := verify.Explain(verify.Rejection{Program: about, Kernel: v, Stage: p.Stage, Errno: p.Errno, Message: p.Message, Log: p.Log})
	out := Problem{File: file, Severity: "error", Code: reason.Code, Explanation: reason.Text, Fix: reason.Fix,
		Text: p.Name + ": the verifier rejects it"}
	words, means := explainLog(p.Log)
	if means != "" {
		out.Explanation, out.Fix = means, "" // which say more than the reason of all such errors
	}
	if words = cmp.Or(words, complaint(p), p.Message); words != "" {
		out.Text = p.Name + ": " + words
	}
	if out.Line, out.Column = failedAt(single.Spec, p, file); out.Line == 0 {
		out.Line = definedAt(code, p.Name)
	}
	switch reason.Code {
	case "section", "attach_target":
		out.Line, out.Column = sectionAt(code, p.Name), 0
	case "co_re":
		missingField(&out, code, single.Spec, p)
	}
	return out
}
