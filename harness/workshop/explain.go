package workshop

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/bpflab/bpflab/harness/build"
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
	{"undefined function", "a function without a body cannot be called in the kernel"},
}

func explainClang(text string) string {
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
		return StageAttach, []Problem{{File: file, Line: lineOf(code, name+"("), Severity: "error", Text: single.Seen,
			Code: "attach", Explanation: "the program was loaded, and could not be attached where its section says"}}
	}
	if strings.HasPrefix(single.Expected, "the object's maps") || strings.HasPrefix(single.Expected, "load the object") || single.Expected == "an eBPF object" {
		return StageLoad, []Problem{refusedObject(code, file, v, single)}
	}
	return StageCheck, nil
}

// refusedObject is an object whose maps cannot be made, or that cannot be read.
func refusedObject(code []byte, file string, v kernel.Version, single session.Single) Problem {
	reason := verify.Explain(verify.Rejection{Kernel: v, Stage: wire.StageMap, Message: single.Seen})
	p := Problem{File: file, Severity: "error", Text: single.Seen, Code: reason.Code, Explanation: reason.Text, Fix: reason.Fix}
	if m := mapName.FindStringSubmatch(single.Seen); m != nil {
		p.Line = lineOf(code, m[1]+" SEC(")
	}
	return p
}

func rejected(code []byte, file string, v kernel.Version, single session.Single, p wire.Program) Problem {
	about := verify.Program{Name: p.Name, Section: p.Section, Type: p.Type}
	if single.Spec != nil && single.Spec.Programs[p.Name] != nil {
		about.Insns = len(single.Spec.Programs[p.Name].Instructions)
	}
	reason := verify.Explain(verify.Rejection{Program: about, Kernel: v, Errno: p.Errno, Message: p.Message, Log: p.Log})
	out := Problem{File: file, Severity: "error", Code: reason.Code, Explanation: reason.Text, Fix: reason.Fix,
		Text: fmt.Sprintf("%s: the verifier rejects it, %s", p.Name, p.Errno)}
	if words := complaint(p); words != "" {
		out.Text = p.Name + ": " + words
	}
	if out.Line, out.Column = failedAt(single.Spec, p, file); out.Line == 0 {
		out.Line = lineOf(code, p.Name+"(")
	}
	return out
}
