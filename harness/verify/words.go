package verify

import (
	"fmt"
	"strings"

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

const globalData = "global data" // its name in upstream.yaml

func beforeGlobals(f *failure) bool {
	return upstream.IsNewer(upstream.Instructions, globalData, f.version)
}

func noGlobals(*failure) string {
	since, _ := upstream.Since(upstream.Instructions, globalData)
	return "it has global variables or constants, which Linux has from " + since + " on"
}
