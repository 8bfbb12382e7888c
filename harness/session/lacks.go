package session

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verdict"
)

// lack is something that a kernel lacks for how it was built or for its processor, and that its
// version does not show.
type lack struct {
	said *regexp.Regexp // by the kernel or the loader
	why  func(match []string) string
}

var lacks = []lack{
	{regexp.MustCompile(`callbacks are not allowed in non-JITed programs`), func([]string) string {
		return "this kernel interprets its programs (it has no JIT compiler, or net.core.bpf_jit_enable is 0), and a helper that calls a function of the program needs the compiler"
	}},
	{regexp.MustCompile(`ring map size (\d+) not a multiple of page size (\d+)`), func(m []string) string {
		size, _ := strconv.Atoi(m[1])
		page, _ := strconv.Atoi(m[2])
		if page <= usualPage || size%usualPage != 0 {
			return "" // the lab's mistake
		}
		return fmt.Sprintf("this kernel has pages of %d bytes, and a ring buffer of %d is not a multiple of that", page, size)
	}},
	{regexp.MustCompile(regexp.QuoteMeta(lacksRunTimes)), func([]string) string { return lacksRunTimes }},
	{regexp.MustCompile(`(kernels of riscv64 that .* take no return probe there)`), func(m []string) string { return m[1] }},
}

// usualPage is the size of a page on most processors, for which labs are written.
const usualPage = 4096

// silentKprobes is why a program on a kprobe prints nothing on riscv64.
const silentKprobes = "on riscv64 a kprobe interrupts its kernel as a non-maskable interrupt does, and the kernel's trace buffer takes no line then (it was built without CONFIG_ARCH_HAVE_NMI_SAFE_CMPXCHG)"

// excuse returns the step's result, as unsupported if the kernel lacks what it needs.
func (st *step) excuse(out verdict.Step) verdict.Step {
	prints := func(c lab.Check) bool { return c.Trace != nil }
	if out.Verdict == verdict.Fail && st.Ready.Machine == "riscv64" && st.uses(prints) && len(st.seen.trace.Lines) == 0 && hasKprobe(st.seen.spec) {
		out.Verdict, out.Seen = verdict.Unsupported, silentKprobes
	}
	return excuse(out)
}

// hasKprobe reports whether an object has a program for a function of the kernel.
func hasKprobe(spec *ebpf.CollectionSpec) bool {
	if spec == nil {
		return false
	}
	for _, p := range spec.Programs {
		if strings.HasPrefix(p.SectionName, "kprobe") || strings.HasPrefix(p.SectionName, "kretprobe") {
			return true
		}
	}
	return false
}

// excuse returns a step that failed because of what its kernel lacks as unsupported, with the
// reason as what was seen.
func excuse(s verdict.Step) verdict.Step {
	if s.Verdict != verdict.Fail {
		return s
	}
	for _, l := range lacks {
		if m := l.said.FindStringSubmatch(s.Seen + "\n" + s.Log); m != nil {
			if why := l.why(m); why != "" {
				s.Verdict, s.Seen = verdict.Unsupported, why
			}
		}
	}
	return s
}
