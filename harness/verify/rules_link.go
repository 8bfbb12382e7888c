package verify

import (
	"fmt"
	"strings"

	"github.com/bpflab/bpflab/harness/upstream"
)

// linkRules are about programs that the kernel loaded and that could not be attached.
var linkRules = []rule{
	{code: "attach", stage: "attach", when: newerLink, text: linkTooNew, fix: olderSection},
	{code: "attach", stage: "attach", says: says(`(?i)invalid or incomplete multibyte|EILSEQ|illegal byte sequence`), text: func(f *failure) string {
		_, target, _ := strings.Cut(f.Section, "/")
		return "no instruction of the kernel's function begins at " + target
	}, fix: "offsets are of one build of the kernel: take one from its disassembly, or attach to the function's beginning"},
	{code: "attach", stage: "attach", says: says(`token \S+\+0x[0-9a-f]+: not found`), text: func(f *failure) string {
		_, target, _ := strings.Cut(f.Section, "/")
		return "this kernel has no such function, or no instruction begins at " + target
	}, fix: "offsets are of one build of the kernel: take one from its disassembly, or attach to the function's beginning"},
	{code: "loader", stage: "attach", when: patternOfOldLibbpf, text: func(f *failure) string {
		return "libbpf " + f.LoaderVersion + " takes functions that match the pattern and cannot be traced too; it leaves them out from release " + libbpfKnowsTraceable + " on"
	}, fix: "build bpflab with libbpf " + libbpfKnowsTraceable + " or newer, name functions one by one, or try --loader cilium"},
	{code: "attach", stage: "attach", says: says(`create (?:raw tracepoint|tracing link): not supported|errno 524|ENOTSUPP`), when: oldTrampoline, text: func(f *failure) string {
		_, target, _ := strings.Cut(f.Section, "/")
		return "the kernel loads it and cannot attach it to " + target + ": functions of more than six arguments, or with structs by value, are traced by newer kernels only"
	}, fix: "attach with a kprobe where the kernel is older"},
	{code: "attach", stage: "attach", text: message, fix: "what the section names may not be in this kernel"},
}

// linkTypes are the kinds of links that programs of a section are attached with.
var linkTypes = map[string]string{
	"tcx": "tcx", "netfilter": "netfilter", "iter": "iter", "iter.s": "iter", "sk_lookup": "netns", "flow_dissector": "netns",
	"kprobe.multi": "kprobe_multi", "kretprobe.multi": "kprobe_multi", "kprobe.session": "kprobe_session",
	"uprobe.multi": "uprobe_multi", "uretprobe.multi": "uprobe_multi", "uprobe.multi.s": "uprobe_multi", "uretprobe.multi.s": "uprobe_multi",
}

func linkType(f *failure) string {
	kind, _, _ := strings.Cut(strings.TrimPrefix(f.Section, "?"), "/")
	return linkTypes[kind]
}

func newerLink(f *failure) bool { return upstream.IsNewer(upstream.LinkType, linkType(f), f.version) }

func linkTooNew(f *failure) string {
	since, _ := upstream.Since(upstream.LinkType, linkType(f))
	return fmt.Sprintf("section %q is attached with a link of type %s, which Linux has from %s on", f.Section, linkType(f), since)
}

// libbpfKnowsTraceable is the first release of libbpf that reads available_filter_functions.
const libbpfKnowsTraceable = "1.3"

// patternOfOldLibbpf reports whether an old libbpf attached to all functions that match a
// pattern.
func patternOfOldLibbpf(f *failure) bool {
	return f.Loader == Libbpf && f.Errno == "EINVAL" && linkType(f) == "kprobe_multi" && strings.ContainsAny(f.Section, "*?") &&
		olderThan(f.LoaderVersion, libbpfKnowsTraceable)
}
