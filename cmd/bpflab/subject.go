package main

import (
	"context"
	"debug/elf"
	"os"
	"path/filepath"
	"slices"

	"github.com/bpflab/bpflab/harness/bisect"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/labs"
)

// subject is what is tried on kernels: labs, objects or a command.
type subject interface {
	// on returns a judgement for each kernel of the environment, in their order.
	on(context.Context, *bench, environment) ([]judgement, error)
	String() string
}

// judgement is how a kernel did.
type judgement struct {
	outcome bisect.Outcome
	verdict string
	reason  string
}

// subject returns what the arguments name: eBPF objects, labs, or a command, which must
// follow --.
func (f *trialFlags) subject(args []string, dashed bool) (subject, error) {
	switch {
	case every(args, isObject):
		return f.objectSubject(args)
	case every(args, isLab) || !dashed:
		var lib library
		found, err := lib.named(args, false)
		return &labSubject{found, lib, f}, err
	}
	c, err := f.command(args)
	return &commandSubject{c, f}, err
}

func every(args []string, is func(string) bool) bool {
	return !slices.ContainsFunc(args, func(arg string) bool { return !is(arg) })
}

// isObject reports whether an argument names an object file.
func isObject(name string) bool {
	if filepath.Ext(name) == ".o" {
		return true
	}
	f, err := elf.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	return f.Type == elf.ET_REL
}

// isLab reports whether an argument names a lab of the course or a document.
func isLab(name string) bool {
	_, err := os.Stat(filepath.Join(name, "lab.md"))
	return slices.Contains(labs.Course, name) || filepath.Ext(name) == ".md" || err == nil
}

// outcomeOf returns what the verdict of a lab or command says of its kernel.
func outcomeOf(v verdict.Verdict) bisect.Outcome {
	switch v {
	case verdict.Pass:
		return bisect.Good
	case verdict.Fail, verdict.Timeout:
		return bisect.Bad
	}
	return bisect.Skip
}

// worseOf returns the first bad one of two judgements, else the first that was skipped.
func worseOf(a, b judgement) judgement {
	weight := map[bisect.Outcome]int{bisect.Good: 0, bisect.Skip: 1, bisect.Bad: 2}
	if weight[b.outcome] > weight[a.outcome] {
		return b
	}
	return a
}
