package kernel

import (
	"fmt"
	"strings"
)

// selectorExamples is shown where nothing better is known.
var selectorExamples = []string{"6.1", "6.1.170", "latest", "default", "all", "\">=5.10\"", "ubuntu/22.04", "mainline/6.6", "local:NAME"}

// SelectorError is a selector that cannot be parsed or matches nothing, which the user has
// to correct.
type SelectorError struct {
	Selector string
	Problem  string
	Nearest  string   // what may have been meant, or ""
	Known    []string // selectors that would do
}

func (e *SelectorError) Error() string {
	var b strings.Builder
	if e.Selector != "" {
		fmt.Fprintf(&b, "kernel %q ", e.Selector)
	}
	b.WriteString(e.Problem)
	if e.Nearest != "" {
		fmt.Fprintf(&b, "; did you mean %s?", e.Nearest)
	}
	if len(e.Known) > 0 {
		fmt.Fprintf(&b, " (there is: %s)", strings.Join(e.Known, ", "))
	}
	return b.String()
}
