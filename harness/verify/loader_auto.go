package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/libbpf"
)

// second returns the program for the other loader, and whether it is worth a try: with Auto,
// if the first loader did not load it and the kernel survived that. So Auto loads what any of
// the two loads.
func (w *worker) second(p pending, r Result) (pending, bool) {
	asked := r.Infra == "" && r.word() != Optional && r.word() != Undecided && !ofKernelItself(r)
	if w.Loader != Auto || p.second || r.Accepted || !asked || !libbpf.Built() {
		return pending{}, false
	}
	other := p
	other.loader, other.failed, other.second = Libbpf, 0, true
	if p.loader == Libbpf {
		other.loader = Cilium
	}
	return other, true
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
		if first := &out[len(out)-1]; rank(r) > rank(*first) {
			r.Warning = strings.Join(append([]string{r.insteadOf(*first)}, nonEmpty(r.Warning)...), "\n")
			*first = r
		}
	}
	return out
}

// rank orders results by how much they say about the program and the kernel.
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
