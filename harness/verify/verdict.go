package verify

import (
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/wire"
)

// Verdicts of programs.
const (
	Accepted  = "accepted"
	Rejected  = "rejected"  // by the kernel, or because the kernel lacks what the program needs
	ByLoader  = "loader"    // the loader cannot load it, whatever the kernel
	Undecided = "undecided" // nobody said what it attaches to
	Optional  = "optional"  // not loaded, because its section begins with ?
	Infra     = "infra"     // the kernel could not be asked

	Unsupported = "unsupported" // the kernel cannot be booted as its variant says
)

// words are all verdicts, in the order in which they are counted.
var words = []string{Accepted, Pass, Fail, Rejected, ByLoader, Undecided, Optional, Unsupported, Infra}

func (r Result) word() string {
	switch {
	case r.Infra != "":
		return Infra
	case r.Verdict != "":
		return r.Verdict
	case r.Accepted:
		return Accepted
	}
	return Rejected
}

// failed reports whether a result is not as a user wants it.
func (r Result) failed() bool { return r.word() == Rejected || r.word() == ByLoader }

// judged reports whether a loader and a kernel have decided about the program.
func (r Result) judged() bool { return r.word() == Accepted || r.failed() }

// settle sets the verdict of a result whose reason is known.
func (r *Result) settle() {
	if r.Verdict == "" && r.Infra == "" && (r.limitOfCilium() || r.Reason != nil && r.Reason.Code == "loader") {
		r.Verdict = ByLoader
		if r.Reason.Code == "rejected" {
			r.Reason.Code, r.Reason.Fix = "loader", "this is cilium/ebpf's own limit, and no kernel's: --loader libbpf"
		}
	}
	r.Verdict = r.word()
}

// ofKernel are codes of reasons that name what the kernel lacks, where cilium/ebpf noticed
// that before the kernel was asked.
var ofKernel = []string{"program_type", "attach_target", "co_re", "btf", "kfunc", "map_type", "global_data", "memory", "privilege", "helper", "map", "struct_ops", "ksym", "kconfig", "lockdown"}

// limitOfCilium reports whether cilium/ebpf is why a program is not loaded: no system call
// failed and the kernel lacks nothing that it needs, or the call lacked something.
func (r *Result) limitOfCilium() bool {
	if r.Loader != Cilium || r.Accepted || r.Reason == nil {
		return false
	}
	if strings.Contains(r.log, "must provide btf_id") && r.Reason.Code != "program_type" || r.Reason.Code == "unlinked" {
		return true // it does not know that the section names a function; the object is not linked
	}
	if r.Errno != "" {
		return false
	}
	switch r.Stage {
	case wire.StageSection:
		return true
	case wire.StageMap:
		return !strings.Contains(r.Reason.Text, "Linux has")
	case wire.StageRelocate:
		return !slices.Contains(ofKernel, r.Reason.Code)
	}
	return false
}

// Differences compares the two loaders: a line for the programs of an object where one of
// them loads it and the other one does not, for the same reason on the same kernels.
func (r Report) Differences() []string {
	first, groups := map[resultKey]Result{}, map[string]*occurrences{}
	var order []string
	for _, one := range r.Results {
		key := resultKey{one.subject(), one.Kernel, ""}
		other, ok := first[key]
		if !ok {
			first[key] = one
			continue
		}
		if other.Loader == one.Loader || !other.judged() || !one.judged() || other.Accepted == one.Accepted {
			continue
		}
		how := other.byWhom() + ", " + one.byWhom()
		if groups[how] == nil {
			order, groups[how] = append(order, how), &occurrences{}
		}
		groups[how].add(one)
	}
	var out []string
	for _, how := range order {
		for _, line := range summarised(groups[how].found) {
			out = append(out, line+": "+how+": the loader makes the difference, not the kernel")
		}
	}
	return out
}

// byWhom returns the verdict with the loader's name, and the reason.
func (r Result) byWhom() string {
	text := strings.TrimSpace(r.Loader+" "+r.LoaderVersion) + " " + r.word()
	if r.Reason != nil {
		text += " (" + r.Reason.Text + ")"
	}
	return text
}
