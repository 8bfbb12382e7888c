package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/libbpf"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/wire"
)

// second returns the program for the other loader, and whether it is worth a try: if the first
// loader did not load it, for a reason that the other one may change, and the kernel survived that.
// So Auto loads what any of the two loads, and Either what cilium/ebpf cannot.
func (o Options) second(p pending, r Result, k kernel.Image) (pending, bool) {
	asked := r.Infra == "" && r.word() != Optional && r.word() != Undecided && !ofKernelItself(r)
	if !o.mayTryAnother() || o.Expect || p.object.unread != nil || p.second || r.Accepted || !asked {
		return pending{}, false
	}
	r = r.explained(p.program, k)
	if slices.Contains(final, r.Reason.Code) && r.Stage == wire.StageLoad || o.Loader == Either && r.word() != ByLoader {
		return pending{}, false
	}
	other := p
	other.loader, other.failed, other.second = Libbpf, 0, true
	if p.loader == Libbpf {
		other.loader = Cilium
	}
	return other, true
}

func (o Options) mayTryAnother() bool {
	return (o.Loader == Auto || o.Loader == Either) && libbpf.Built()
}

// final are codes of what the verifier finds in a program's own instructions, whichever loader
// prepared them.
var final = []string{"alignment", "back_edge", "call_depth", "complexity", "infinite_loop", "invalid_access", "licence", "lock",
	"reference", "return_value", "sleepable", "stack", "too_many_insns", "uninitialised", "unreachable"}

// explained returns a result with the reason and the verdict that it is about to get.
func (r Result) explained(p Program, k kernel.Image) Result {
	var reason Reason
	if r.Reason != nil {
		reason = *r.Reason
	}
	r.Reason = &reason
	r.explain(p, k)
	r.settle()
	return r
}

// ofKernelItself reports whether a result is what became of the machine, and no verdict about
// the program.
func ofKernelItself(r Result) bool {
	return slices.Contains([]string{stageCrash, stageStream, stageWarning}, r.Stage)
}

// keepBetter keeps one of the two results of each program that both loaders tried: the
// second's if it is the better one.
func keepBetter(all []Result) []Result {
	var out []Result
	for _, r := range all {
		if !r.second {
			out = append(out, r)
			continue
		}
		first := &out[len(out)-1]
		if r.isBetter(*first) {
			r.Warning = strings.Join(append([]string{r.insteadOf(*first)}, nonEmpty(r.Warning)...), "\n")
			*first = r
		} else if first.Reason != nil && r.Reason != nil && strings.Contains(first.Reason.Fix, "--loader") {
			reason := *first.Reason
			reason.Fix = libraries[r.Loader] + " does not load it either: " + r.Reason.Text
			first.Reason = &reason
		}
	}
	return out
}

// isBetter reports whether a result says more about the program and the kernel than that of the
// other loader. A map that the kernel refuses may be one that the program does not use, for libbpf
// creates all of an object.
func (r Result) isBetter(than Result) bool {
	switch {
	case than.isOfAnyMap():
		return r.Infra == "" && !r.Unread
	case r.isOfAnyMap():
		return than.Unread
	}
	return rank(r) > rank(than)
}

func (r Result) isOfAnyMap() bool {
	return r.Loader == Libbpf && r.Stage == wire.StageMap && r.word() == Rejected
}

// rank orders results by how much they say.
func rank(r Result) int {
	switch {
	case ofKernelItself(r):
		return 3 // must not be lost
	case r.Accepted:
		return 2
	case r.word() == Rejected:
		return 1
	}
	return 0
}

// insteadOf returns why a program has the result of the other loader than the one that its
// object is for.
func (r Result) insteadOf(first Result) string {
	text := loadedInstead + fmt.Sprintf("%s and not %s", libraries[r.Loader], libraries[first.Loader])
	if first.Reason != nil {
		text += ": " + first.Reason.Text
	}
	return text
}

// libraries are the names of the loaders as they call themselves.
var libraries = map[string]string{Cilium: "cilium/ebpf", Libbpf: "libbpf"}

const loadedInstead = "loaded with "

// markUnbuilt says of what cilium/ebpf cannot load that this bpflab has no other loader for its
// kernel, where missing returns why.
func markUnbuilt(all []Result, missing func(kernel.Arch) error) {
	for i, r := range all {
		if err := missing(kernel.Arch(r.Arch)); err != nil && r.Program != "" && r.word() == ByLoader {
			all[i].Warning = strings.Join(append([]string{loadedInstead + "cilium/ebpf and not libbpf: " + err.Error()}, nonEmpty(r.Warning)...), "\n")
		}
	}
}

// withoutLibbpf returns why this bpflab has no libbpf for the kernels of an architecture, nil
// where it has one.
func withoutLibbpf(arch kernel.Arch) error {
	switch {
	case !libbpf.Built():
		return libbpf.ErrNotBuilt
	case arch.OrDefault() != kernel.HostArch():
		return fmt.Errorf("bpflab's libbpf is built for %s, and this kernel is for %s", kernel.HostArch(), arch.OrDefault())
	}
	return nil
}
