package term

import (
	"fmt"

	"github.com/bpflab/bpflab/harness/workshop"
)

// mapValues shows maps in lines of at most width columns.
func (l look) mapValues(maps []workshop.MapNews, width int) []string {
	var out []string
	for _, m := range maps {
		head := l.bold.Render(plain(m.Name)) + l.dim.Render(fmt.Sprintf("  %s, %s", m.Type, entries(m)))
		out = append(out, cut(head, width))
		if m.Error != "" {
			out = append(out, wrapped("  "+plain(m.Error), width)...)
		}
		for _, e := range m.Entries {
			out = append(out, cut(plain("  "+e.Key+" = "+e.Value), width))
		}
	}
	if len(out) == 0 {
		return wrapped("No maps to show. Those of your program show here once a check has loaded it.", width)
	}
	return out
}

func entries(m workshop.MapNews) string {
	more := ""
	if m.Cut {
		more = "more than "
	}
	if len(m.Entries) == 1 {
		return more + "1 entry"
	}
	return fmt.Sprintf("%s%d entries", more, len(m.Entries))
}
