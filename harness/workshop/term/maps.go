package term

import (
	"fmt"

	"github.com/bpflab/bpflab/harness/workshop"
)

// mapValues renders maps in lines of at most width columns.
func (th theme) mapValues(maps []workshop.MapView, width int) []string {
	var out []string
	for _, m := range maps {
		head := th.bold.Render(sanitize(m.Name)) + th.dim.Render(fmt.Sprintf("  %s, %s", m.Type, entries(m)))
		out = append(out, truncate(head, width))
		if m.Error != "" {
			out = append(out, wrapped("  "+sanitize(m.Error), width)...)
		}
		for _, e := range m.Entries {
			out = append(out, truncate(sanitize("  "+e.Key+" = "+e.Value), width))
		}
	}
	if len(out) == 0 {
		return wrapped("No maps. Those of your program are shown here once a check has loaded it.", width)
	}
	return out
}

// entries returns the number of a map's entries in words.
func entries(m workshop.MapView) string {
	more := ""
	if m.Cut {
		more = "more than "
	}
	if len(m.Entries) == 1 {
		return more + "1 entry"
	}
	return fmt.Sprintf("%s%d entries", more, len(m.Entries))
}
