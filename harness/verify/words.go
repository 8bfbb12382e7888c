package verify

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/cilium/ebpf/asm"

	"github.com/bpflab/bpflab/harness/upstream"
)

// subjectType returns the type in "name (Type): ...".
func subjectType(f *failure) string {
	text, ok := strings.CutPrefix(f.Reason.Text, "map ")
	if !ok {
		return ""
	}
	_, after, _ := strings.Cut(text, "(")
	kind, _, _ := strings.Cut(after, ")")
	return kind
}

func newerMap(f *failure) bool {
	return upstream.IsNewer(upstream.MapType, subjectType(f), f.version)
}

func mapTooNew(f *failure) string {
	since, _ := upstream.Since(upstream.MapType, subjectType(f))
	name, _, _ := strings.Cut(strings.TrimPrefix(f.Reason.Text, "map "), " (")
	return fmt.Sprintf("map %s is of type %s, which Linux has from %s on", name, subjectType(f), since)
}

const globals = "global data" // its name in upstream.yaml

func beforeGlobals(f *failure) bool {
	return upstream.IsNewer(upstream.Instructions, globals, f.version)
}

func noGlobals(*failure) string {
	since, _ := upstream.Since(upstream.Instructions, globals)
	return "it has global variables or constants, which Linux has from " + since + " on"
}

func newerProgram(f *failure) bool {
	return upstream.IsNewer(upstream.ProgramType, f.Type, f.version)
}

func programTooNew(f *failure) string {
	since, _ := upstream.Since(upstream.ProgramType, f.Type)
	return fmt.Sprintf("it is of type %s, which Linux has from %s on", f.Type, since)
}

// unknownHelper names a helper of which the kernel knows the number at most.
func unknownHelper(f *failure) string {
	number, _ := strconv.Atoi(f.match[2])
	name := f.match[1]
	if name == "" || name == "unknown" {
		name = asm.BuiltinFunc(number).String()
	}
	short := strings.TrimPrefix(name, "bpf_")
	if since, ok := upstream.Since(upstream.Helper, strings.TrimPrefix(asm.BuiltinFunc(number).String(), "Fn")); ok {
		return fmt.Sprintf("helper %s (number %d) is not in this kernel; Linux has it from %s on", short, number, since)
	}
	return fmt.Sprintf("helper %s (number %d) is not in this kernel, or not for programs of type %s", short, number, f.Type)
}

func itoa(n int) string { return strconv.Itoa(n) }
