package guest

import (
	"bytes"
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/suggest"
)

// maxSimilar is how many similar names are suggested at most.
const maxSimilar = 5

// similarSymbols returns the kernel's functions that may have been meant: those spelled
// nearly like the symbol, then those with all its words in them.
func similarSymbols(symbol string) []string {
	text, err := os.ReadFile("/proc/kallsyms")
	if err != nil {
		return nil
	}
	within, words := suggest.Typo(symbol), wordsOf(symbol)
	names := functions(text, func(name string) bool {
		longer := len(name) - len(symbol)
		return max(longer, -longer) <= within || hasAll(name, words)
	})
	near := suggest.Names(symbol, names, within, maxSimilar)
	return capped(append(near, withWords(names, words)...))
}

// similarTracepoints returns the tracepoints like "group/name": mistyped, or of another group.
func similarTracepoints(dir, tracepoint string) []string {
	formats, _ := filepath.Glob(dir + "/*/*/format")
	names := make([]string, len(formats))
	for i, format := range formats {
		names[i], _ = filepath.Rel(dir, filepath.Dir(format))
	}
	near := suggest.Names(tracepoint, names, suggest.Typo(tracepoint), maxSimilar)
	for _, name := range names {
		if filepath.Base(name) == filepath.Base(tracepoint) {
			near = append(near, name)
		}
	}
	return capped(near)
}

// capped returns the first of names, each once.
func capped(names []string) []string {
	var out []string
	for _, name := range names {
		if !slices.Contains(out, name) && len(out) < maxSimilar {
			out = append(out, name)
		}
	}
	return out
}

// functions returns the functions of /proc/kallsyms that are like what is looked for, of a hundred
// thousand; system calls as one writes them: sys_openat, which the kernel calls
// __x64_sys_openat.
func functions(kallsyms []byte, like func(string) bool) []string {
	found := map[string]bool{}
	for line := range bytes.Lines(kallsyms) {
		f := bytes.Fields(line)
		if len(f) != 3 || !bytes.ContainsAny(f[1], "tTwW") {
			continue // of a module, or no function
		}
		name := asWritten(string(f[2]))
		if like(name) && !isTable(name) {
			found[name] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// isTable reports whether a symbol is of the tracing of system calls, and no function.
func isTable(symbol string) bool {
	return slices.ContainsFunc([]string{"__pfx_", "args__", "types__", "event_", "__event_", "__syscall_meta_", "__p_syscall_meta_", "p_syscall_meta_", "."},
		func(beginning string) bool { return strings.HasPrefix(symbol, beginning) })
}

// asWritten returns a symbol without what stands before a system call's name since 4.17.
func asWritten(symbol string) string {
	for _, arch := range slices.Collect(maps.Values(callPrefixes)) {
		if call, ok := strings.CutPrefix(symbol, arch+"sys_"); ok {
			return "sys_" + call
		}
	}
	return symbol
}

// wordsOf returns a symbol's words without what differs between kernels.
func wordsOf(symbol string) []string {
	var out []string
	for _, w := range strings.Split(symbol, "_") {
		if w != "" && !slices.Contains([]string{"x64", "ia32", "se", "do", "sys", "syscall"}, w) {
			out = append(out, w)
		}
	}
	return out
}

// withWords returns the names that have all words in them, the shortest first.
func withWords(names, words []string) []string {
	var out []string
	for _, name := range names {
		if hasAll(name, words) {
			out = append(out, name)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
	return out
}

func hasAll(name string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(name, w) {
			return false
		}
	}
	return len(words) > 0
}
