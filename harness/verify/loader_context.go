package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// contextTag is what __arg_ctx of libbpf's headers puts on the argument of a global function
// that is the program's context.
const contextTag = "arg:ctx"

// The first releases that know contextTag: the kernel reads it, and libbpf gives older kernels
// another type of the argument in its place (probe_kern_arg_ctx_tag in its src/libbpf.c).
const (
	kernelKnowsContext = "6.8"
	libbpfKnowsContext = "1.4"
)

// contextFunctions returns the functions of a program that have an argument with contextTag.
func contextFunctions(p *ebpf.ProgramSpec) (names []string) {
	for i := range p.Instructions {
		f := btf.FuncMetadata(&p.Instructions[i])
		if f == nil {
			continue
		}
		for _, tags := range f.ParamTags {
			if slices.Contains(tags, contextTag) {
				names = append(names, f.Name)
			}
		}
	}
	return names
}

// tagNotReplaced reports whether the kernel is too old for contextTag and the loader did not
// replace it.
func tagNotReplaced(f *failure) bool {
	if len(f.program.contexts) == 0 || !isNewer(kernelKnowsContext, f.version) {
		return false
	}
	return f.Loader != Libbpf || olderThan(f.LoaderVersion, libbpfKnowsContext)
}

func tagText(f *failure) string {
	by := "cilium/ebpf does not"
	if f.Loader == Libbpf {
		by = "libbpf " + f.LoaderVersion + " does not"
	}
	return fmt.Sprintf("the context that %s takes is marked __arg_ctx, which Linux knows from %s on; libbpf from %s on puts another type in its place for older kernels, and %s: %s",
		strings.Join(f.program.contexts, ", "), kernelKnowsContext, libbpfKnowsContext, by, matched(f))
}

const tagFix = "load it with libbpf 1.4 or newer, or declare the argument as the context's own type (struct xdp_md *), or make the function static"
