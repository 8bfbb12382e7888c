package verify

import "github.com/bpflab/bpflab/vms/kernel"

// Rejection is a program that a kernel rejected.
type Rejection struct {
	Program Program
	Kernel  kernel.Version
	Stage   string // package wire has them; "" is the load
	Errno   string // "EINVAL"
	Message string // of the loader
	Log     string // the verifier's
}

// Explain finds the reason of one rejection, as `bpflab verify` gives it.
func Explain(r Rejection) Reason {
	result := &Result{Program: r.Program.Name, Section: r.Program.Section, Type: r.Program.Type,
		Stage: r.Stage, Errno: r.Errno, Reason: &Reason{Text: r.Message}, log: r.Log}
	f := &failure{Result: result, program: r.Program, version: r.Kernel}
	f.explain()
	return *result.Reason
}
