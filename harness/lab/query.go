package lab

import (
	"path"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
)

// Supports reports whether the lab is for kernel v.
func (l *Lab) Supports(v kernel.Version) bool { return l.Kernels.Contains(v) }

// Step returns the step with that name, nil if there is none.
func (l *Lab) Step(name string) *Step {
	for i := range l.Steps {
		if l.Steps[i].Name == name {
			return &l.Steps[i]
		}
	}
	return nil
}

// AsRead returns the lab with the commands of all steps, also of those that are text only:
// what a reader does who follows the text.
func (l *Lab) AsRead() *Lab {
	out := *l
	out.Steps = slices.Clone(l.Steps)
	for i := range out.Steps {
		out.Steps[i].Run = out.Steps[i].Shown
	}
	return &out
}

// TargetPath returns where the lab's target is in the machine: "/bin/bank" for bank.c; ""
// without one.
func (l *Lab) TargetPath() string {
	if l.Target == "" {
		return ""
	}
	return "/bin/" + strings.TrimSuffix(path.Base(l.Target), ".c")
}

// Due reports whether it is a failure that a kernel v lacks the need: v is not older
// than Since, and distributions do not switch the option off.
func (n Need) Due(v kernel.Version) bool {
	return !n.Since.IsZero() && !n.Optional && v.Compare(n.Since) >= 0
}

// Loads reports whether the step loads the programs of a C file. A step with
// probes does so only if it says what.
func (s *Step) Loads(l *Lab) bool {
	switch {
	case s.Comment == 0:
		return false
	case s.Program != "":
		return true
	}
	asked := len(s.Probes) == 0 || len(s.Load) > 0 || len(s.Attach) > 0
	return l.Program != "" && asked
}

// Source returns the C file whose programs the step loads, as the document writes
// it; "" if it loads none.
func (s *Step) Source(l *Lab) string {
	switch {
	case !s.Loads(l):
		return ""
	case s.Program != "":
		return s.Program
	}
	return l.Program
}
