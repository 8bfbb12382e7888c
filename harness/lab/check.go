package lab

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
)

// Kind returns the key of what the check looks at: "trace", "exit", … or "" for
// a Check that no document can hold.
func (c Check) Kind() string {
	for kind, set := range map[string]bool{
		"trace": c.Trace != nil, "stdout": c.Stdout != nil, "exit": c.Exit != nil,
		"map": c.Map != nil, "event": c.Event != nil, "packets": c.Packets != nil, "test_run": c.TestRun != nil, "run_time": c.RunTime != nil,
		"accepted": c.Accepted != nil, "rejected": c.Rejected != nil, "insns": c.Insns != nil,
	} {
		if set {
			return kind
		}
	}
	return ""
}

// Applies reports whether the check counts on kernel v.
func (c Check) Applies(v kernel.Version) bool { return c.When == nil || c.When.Contains(v) }

// Expected returns what the check wants, in one line for people.
func (c Check) Expected() string {
	switch {
	case c.Trace != nil:
		return c.Trace.expected()
	case c.Stdout != nil:
		return "stdout " + c.Stdout.expected()
	case c.Exit != nil:
		return fmt.Sprintf("exit status %d", *c.Exit)
	case c.Map != nil:
		return c.Map.expected()
	case c.Event != nil:
		return c.Event.expected()
	case c.Packets != nil:
		return c.Packets.expected()
	case c.TestRun != nil:
		return c.TestRun.Expected()
	case c.RunTime != nil:
		return c.RunTime.Expected()
	case c.Accepted != nil:
		return subject(c.Accepted.Program) + " accepted"
	case c.Rejected != nil:
		return c.Rejected.expected()
	case c.Insns != nil:
		return c.Insns.expected()
	}
	return ""
}

func (t Trace) expected() string {
	s := "trace line"
	if t.Comm != "" {
		s += " from " + t.Comm
	}
	if t.Message != "" {
		s += fmt.Sprintf(": %q", strings.TrimSpace(t.Message))
	}
	if t.Matches != "" {
		s += " like " + readable(t.Matches)
	}
	return times(s, t.Min, t.Count)
}

func (e Event) expected() string {
	s := "record in " + e.Map
	if e.Type != "" {
		s += " of type " + e.Type
	}
	return times(s+conditions(e.Where), e.Min, e.Count)
}

// times adds how often something must be seen.
func times(what string, least int, count *int) string {
	switch {
	case count != nil && *count == 0:
		return "no " + what
	case count != nil:
		return fmt.Sprintf("%s, exactly %d", what, *count)
	}
	return fmt.Sprintf("%s, at least %d", what, least)
}

func (t Text) expected() string {
	switch {
	case t.Equals != "":
		return "equal to " + quotedLines(strings.TrimSpace(t.Equals))
	case t.Contains != "":
		return fmt.Sprintf("containing %q", t.Contains)
	}
	return "like " + readable(t.Matches)
}

// quotedLines quotes a text, each line by itself.
func quotedLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strconv.Quote(line)
	}
	if len(lines) == 1 {
		return lines[0]
	}
	return "the lines " + strings.Join(lines, ", ")
}

func (m Map) expected() string {
	value := "sum"
	if m.Field != "" {
		value += " of " + m.Field
	}
	var wants []string
	if m.Entries != nil {
		wants = append(wants, plural(*m.Entries, "entry", "entries"))
	}
	if m.Sum != nil {
		wants = append(wants, fmt.Sprintf("%s %d", value, *m.Sum))
	}
	if m.Min != nil {
		wants = append(wants, fmt.Sprintf("%s at least %d", value, *m.Min))
	}
	return "map " + m.Name + conditions(m.Where) + ": " + strings.Join(wants, ", ")
}

func (p Packets) expected() string {
	var wants []string
	if p.Received != nil {
		wants = append(wants, fmt.Sprintf("%d received", *p.Received))
	}
	if p.Dropped != nil {
		wants = append(wants, fmt.Sprintf("%d dropped", *p.Dropped))
	}
	return fmt.Sprintf("packets to port %d: %s", p.Port, strings.Join(wants, ", "))
}

func (r Rejected) expected() string {
	s := subject(r.Program) + " rejected"
	if r.Errno != "" {
		s += " with " + r.Errno
	}
	if r.Message != "" {
		s += ", saying: " + readable(r.Message)
	}
	return s
}

func (i Insns) expected() string {
	var wants []string
	if i.Min > 0 {
		wants = append(wants, fmt.Sprintf("at least %d", i.Min))
	}
	if i.Max > 0 {
		wants = append(wants, fmt.Sprintf("at most %d", i.Max))
	}
	return subject(i.Program) + ": " + strings.Join(wants, " and ") + " instructions processed"
}

// subject returns what a verifier's check is about.
func subject(program string) string {
	if program == "" {
		return "every probe"
	}
	return "program " + program
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// conditions writes a where: " where command=ls, pid=3", or "" if it is empty.
func conditions(where map[string]any) string {
	if len(where) == 0 {
		return ""
	}
	var parts []string
	for field, value := range where {
		parts = append(parts, fmt.Sprintf("%s=%v", field, value))
	}
	slices.Sort(parts)
	return " where " + strings.Join(parts, ", ")
}
