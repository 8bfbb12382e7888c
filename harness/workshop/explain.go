package workshop

import (
	"cmp"
	"errors"
	"fmt"
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

// buildProblems returns what clang reported about the C file, or nil if err has another
// cause.
func buildProblems(file string, err error) []Problem {
	var compile *build.CompileError
	var limit *build.LimitError
	switch {
	case errors.As(err, &limit):
		return []Problem{{File: file, Severity: "error", Text: limit.Error(), Fix: "look for a header that includes itself, or a macro that expands without end"}}
	case !errors.As(err, &compile):
		return nil
	}
	var out []Problem
	for i, d := range compile.Diagnostics {
		if d.Severity == "note" {
			continue // details of the message before it, usually in a header
		}
		p := clangProblem(file, d)
		if twice := otherDefinition(compile.Diagnostics[i:]); twice > 0 {
			p.Explanation = fmt.Sprintf("%s; the other one is at line %d", p.Explanation, twice)
		}
		if d.Included > 0 && slices.ContainsFunc(out, func(other Problem) bool { return other.File == p.File && other.Line == p.Line }) {
			continue // the first error in a header is enough
		}
		out = append(out, p)
	}
	if len(out) == 0 {
		out = []Problem{{File: file, Severity: "error", Text: firstLine(compile.Output), Explanation: compile.Hint}}
	}
	return out
}

// clangProblem returns the problem of a message of clang. One about a header is placed at
// the line of the C file that includes it.
func clangProblem(file string, d build.Diagnostic) Problem {
	p := Problem{File: path.Base(d.File), Line: d.Line, Column: d.Column, Severity: "error", Text: d.Text, Explanation: explainClang(d.Text)}
	if d.Severity == "warning" {
		p.Severity = "warning"
	}
	if d.Included == 0 {
		return p
	}
	p.Text = fmt.Sprintf("in %s, line %d: %s", p.File, d.Line, d.Text)
	p.File, p.Line, p.Column = file, d.Included, 1
	p.Explanation = "this line includes a header in which that is wrong, because of what is above the line or missing there"
	if name := found(unknownType, d.Text); name != "" {
		p.Explanation = "the header that this line includes uses the type " + name + ", which has to be defined before it"
		p.Fix = `#include "kernel.h", or a header that includes it, belongs above <bpf/bpf_helpers.h>`
	}
	return p
}

// unknownType matches a type of the kernel that no header above has defined.
var unknownType = regexp.MustCompile(`unknown type name '(__\w+)'`)

// otherDefinition returns the line of the first definition of a name if the message that
// comes first is about a second one, else 0.
func otherDefinition(messages []build.Diagnostic) int {
	if len(messages) > 1 && strings.HasPrefix(messages[0].Text, "redefinition of") && messages[1].Severity == "note" && messages[1].Included == 0 {
		return messages[1].Line
	}
	return 0
}

// clangHints map messages of clang to what they mean in eBPF.
var clangHints = []struct{ says, means string }{
	{"Looks like the BPF stack limit", "a function's local variables exceed the 512 bytes of stack that it has: put large ones into a per-CPU array map"},
	{"A call to built-in function", "there is no C library in the kernel: use a helper, or __builtin_memcpy and the like with a constant size"},
	{"implicitly declaring library function", "there is no C library in the kernel: programs print with bpf_trace_printk and copy with __builtin_memcpy"},
	{"call to undeclared function", "no header declares this function: is its name right? Helpers begin with bpf_"},
	{"implicit declaration of function", "no header declares this function: is its name right? Helpers begin with bpf_"},
	{"file not found", "only the headers in bpf/include, libbpf's and the kernel's user-space headers are available"},
	{"redefinition of", "this name is defined twice: code of the lesson goes in place of what the file has under this name, not below it"},
	{"unused variable", "warnings are errors here: use the variable or remove it"},
	{"non-void function does not return a value", "the kernel uses the program's return value: end every path with return and a number"},
	{"undefined function", "a program can only call helpers, kernel functions and functions that have a body"},
	{"incomplete type", "no header defines a struct with this name: is it mistyped?"},
	{"incomplete definition of type", "no header defines a struct with this name: is it mistyped?"},
	{"no member named", "the struct has no such field; its definition is in this file or in a header of bpf/include"},
	{"undeclared identifier", "this name is not declared above or in a header: is it mistyped?"},
	{"comparison of distinct pointer types", "data_end is a void *: cast the other side, as in (void *)(ip + 1) > data_end"},
	{"incompatible pointer to integer conversion", "a value is expected here, and this is its address: dereference it with *"},
	{"incompatible integer to pointer conversion", "an address is expected here: take that of the variable with &"},
	{"to parameter of incompatible type 'void *'", "an address is expected here: take that of the variable with &"},
	{"result of an assignment as a condition", "= assigns, == compares"},
	{"unknown attribute", "clang knows no attribute with this name: is it mistyped?"},
	{"declaration does not declare anything", "there is a stray semicolon: an attribute of a struct goes between } and ;"},
	{"loop not unrolled", "clang could not unroll the loop, usually because the number of iterations is not constant"},
	{"[-Werror", "warnings are errors here"},
}

const (
	moreArguments   = "a program has one argument, its context, and this one uses another: macros such as BPF_PROG and BPF_KPROBE read a function's arguments from the context"
	errorWanted     = "the return value must be 0 or a negative error number, such as -EPERM: inside the kernel errors are negative"
	zeroOrOne       = "the return value has to be 0 or 1"
	numberAsPointer = "to the verifier this address is only a number, and it cannot know what is stored there: copy from it with bpf_probe_read_kernel, or with bpf_probe_read_user if it is an address of a process (before 5.5 bpf_probe_read)"
)

// verifierHints map messages of the verifier to what they mean for the author of the C
// file.
var verifierHints = []struct{ says, means string }{
	{"map_value_or_null", "a map lookup may find nothing: compare its result with NULL before you use it"},
	{"_or_null'", "the pointer may be NULL here: compare it with NULL before you use it"},
	{"r=65535)", "the verifier followed the loop up to the largest possible packet, 65535 bytes: give the loop a bound of its own"},
	{"invalid access to packet", "the packet may be shorter: on this path, first compare the end of what you read with data_end; a variable offset needs an upper bound before that"},
	{"invalid access to map value", "the access is, or may be, outside of the map's value: compare the index with a bound first"},
	{"R2 !read_ok", moreArguments}, {"R3 !read_ok", moreArguments}, {"R4 !read_ok", moreArguments}, {"R5 !read_ok", moreArguments},
	{"R0 !read_ok", "the program ends without a return value: every path needs a return with a number (bpf_tail_call gives none)"},
	{"!read_ok", "a variable is read before it is written, on at least one path"},
	{"invalid indirect read from stack", "a helper is passed bytes of the stack that were never written, such as the padding of a struct: initialise the variable with = {}"},
	{"invalid mem access 'scalar'", numberAsPointer},
	{"invalid mem access 'inv'", numberAsPointer},
	{"unbounded memory access", "the verifier knows no upper bound of the length or index: compare it with one first"},
	{"infinite loop", "the loop comes back to an earlier state with nothing changed, so it would never end"},
	{"should have been in [-4095, 0]", errorWanted},
	{"should have been in [0, 1]", zeroOrOne},
	{"should have been in (0x0; 0x1)", zeroOrOne},
	{"At program exit the register R0", "a program of this type may not return this value"},
	{"invalid bpf_context access", "a program of this type may not read, or write, this part of its context: does SEC name the type of program that the function was written for?"},
	{"pointer be out of bounds", "the number that is added to the pointer may be negative or far too large: use an unsigned type, and compare it with a bound first"},
	{"min value is negative", "the index may be negative: use an unsigned type, or compare it with 0 as well"},
	{" expected=", "an argument of a helper has the wrong type: R1 is the first argument, R2 the second, and so on"},
	{"cannot pass map_type", "this helper does not work on maps of that type"},
	{"expected prog array map for tail call", "the second argument of bpf_tail_call must be a program array"},
	{"misconfigured verifier", "a helper is passed a map of a type that it cannot use: bpf_tail_call, for one, takes a program array"},
	{"BPF_STX uses reserved fields", "the result of an atomic operation is used, which needs kernel 5.12: only add, and look the sum up in a separate statement"},
	{"Unreleased reference", "a reference that the program took (a ring buffer record, a socket) must be released on every path"},
}

// lastLines is how many lines of the end of a log are searched: the verifier's
// complaint is in the last one or shortly before.
const lastLines = 4

// explainLog returns the line near the end of a log that a hint is known for, and the
// hint; both are "" if there is none.
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

// undeclared matches the name of a helper that no header declares.
var undeclared = regexp.MustCompile(`(?:implicit declaration of|call to undeclared) function '(bpf_\w+)'`)

// explainClang returns a hint for a message of clang, or "" if none is known.
func explainClang(text string) string {
	if name := found(undeclared, text); name != "" {
		if near := suggest.Names(name, helpers(), suggest.Typo(name), 3); len(near) > 0 {
			return "no header declares it; there is " + strings.Join(near, ", ")
		}
	}
	for _, w := range clangHints {
		if strings.Contains(text, w.says) {
			return w.means
		}
	}
	return ""
}

// stepProblems returns the kernel's complaints about a step's programs.
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
			Code: "attach", Explanation: "the program was loaded but could not be attached where its section says"}}
	}
	if strings.HasPrefix(single.Expected, "the object's maps") || strings.HasPrefix(single.Expected, "load the object") || single.Expected == "an eBPF object" {
		return StageLoad, []Problem{refusedObject(code, file, v, single)}
	}
	return StageCheck, nil
}

// symbolNowhere matches a function that a map's values name and the object lacks.
var symbolNowhere = regexp.MustCompile(`unknown relocation type \w+ for symbol (\w+)`)

// noProgram matches the program that an object lacks.
var noProgram = regexp.MustCompile(`the object has no program "(\w+)"`)

// refusedObject explains an object whose maps cannot be created, or that cannot be
// read.
func refusedObject(code []byte, file string, v kernel.Version, single session.Single) Problem {
	reason := verify.Explain(verify.Rejection{Kernel: v, Stage: wire.StageMap, Message: single.Seen})
	p := Problem{File: file, Severity: "error", Text: single.Seen, Code: reason.Code, Explanation: reason.Text, Fix: reason.Fix}
	if old := lineOf(code, `SEC("maps")`); old > 0 {
		p.Line, p.Explanation, p.Fix = old, `a map that is defined with __uint, __type and the like belongs in the section ".maps"; "maps" is an older format`, `SEC(".maps")`
	}
	if name := found(symbolNowhere, single.Seen); name != "" {
		p.Explanation, p.Fix = "the map's values name the function "+name+", which this file does not define", "was it renamed?"
	}
	if name := found(noProgram, single.Seen); name != "" {
		lacksProgram(&p, code, name)
	}
	if printk := lineOf(code, "bpf_printk("); printk > 0 && reason.Code == "global_data" {
		p.Line, p.Fix = printk, "bpf_printk stores its format string there: put #define BPF_NO_GLOBAL_DATA before the headers and end the string with \\n, or use bpf_trace_printk with an array of char"
		return p
	}
	if m := mapName.FindStringSubmatch(single.Seen); m != nil {
		p.Line = lineOf(code, m[1]+" SEC(")
	}
	return p
}

// programsThere matches the list of programs that the object has instead.
var programsThere = regexp.MustCompile(`the object has no program "\w+"; it has (.+)`)

// lacksProgram explains a missing program: its function has no section, or another
// name.
func lacksProgram(p *Problem, code []byte, name string) {
	p.Code, p.Explanation, p.Fix = "no_program", "this step needs a program named "+name, "was the function renamed, or its SEC(\"...\") forgotten?"
	if p.Line = definedAt(code, name); p.Line > 0 {
		p.Explanation = "the function " + name + " exists but is not a program: it has no section"
		p.Fix = `put SEC("...") above it`
		return
	}
	there := strings.Split(found(programsThere, firstLine(p.Text)), ", ")
	if near := suggest.Names(name, there, suggest.Typo(name), 1); len(near) > 0 {
		p.Line, p.Fix = definedAt(code, near[0]), "there is "+near[0]+": rename it to "+name
	}
}

// rejected explains a program that the verifier rejected.
func rejected(code []byte, file string, v kernel.Version, single session.Single, p wire.Program) Problem {
	about := verify.ProgramOf(single.Spec, p.Name)
	about.Section, about.Type = p.Section, p.Type
	reason := verify.Explain(verify.Rejection{Program: about, Kernel: v, Stage: p.Stage, Errno: p.Errno, Message: p.Message, Log: p.Log})
	out := Problem{File: file, Severity: "error", Code: reason.Code, Explanation: reason.Text, Fix: reason.Fix,
		Text: p.Name + ": the verifier rejects it"}
	words, means := explainLog(p.Log)
	if means != "" {
		out.Explanation, out.Fix = means, "" // which is more specific
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
