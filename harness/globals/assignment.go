package globals

import (
	"fmt"
	"regexp"
	"strings"
)

// Assignment is a value for a variable, for a field of one or for an element of an array.
type Assignment struct {
	Path  Path
	Value Value
}

// String returns VAR=VALUE.
func (a Assignment) String() string { return a.Path.String() + "=" + a.Value.String() }

// ParseAssignment reads VAR=VALUE, with blanks wherever veristat takes some
// (tools/testing/selftests/bpf/veristat.c of Linux, --set-global-vars).
func ParseAssignment(text string) (a Assignment, err error) {
	left, right, ok := strings.Cut(text, "=")
	if !ok {
		return a, fmt.Errorf("%q is not VAR=VALUE", text)
	}
	if a.Path, err = ParsePath(left); err != nil {
		return a, err
	}
	if a.Value, err = ParseValue(right); err != nil {
		return a, fmt.Errorf("%s: %w", a.Path, err)
	}
	return a, nil
}

// Path is a variable, and what of it is meant: cfg.ports[1].
type Path struct {
	Name  string
	Steps []Step
}

// Step is a field of a struct, or an element of an array.
type Step struct {
	Field string
	Index string // a number or an enumerator; "" for a field
}

// String returns the path as C has it.
func (p Path) String() string { return p.to(len(p.Steps)) }

// to returns the path to what its first steps lead to.
func (p Path) to(steps int) string {
	out := p.Name
	for _, s := range p.Steps[:steps] {
		if s.Index != "" {
			out += "[" + s.Index + "]"
		} else {
			out += "." + s.Field
		}
	}
	return out
}

var (
	pathName  = regexp.MustCompile(`^\s*([A-Za-z_][A-Za-z0-9_]*)\s*`)
	pathIndex = regexp.MustCompile(`^\[\s*([A-Za-z0-9_]+)\s*\]\s*`)
)

// longestPath is how many bytes a path may have; C has no names that come near it.
const longestPath = 1024

// ParsePath reads a variable's name with fields and indices, between which may be blanks. An
// index is a number or an enumerator of the object.
func ParsePath(text string) (p Path, err error) {
	if len(text) > longestPath {
		return p, fmt.Errorf("the name of a variable has at most %d bytes, and this has %d", longestPath, len(text))
	}
	rest := text
	for first := true; first || rest != ""; first = false {
		if !first {
			if found := pathIndex.FindStringSubmatch(rest); found != nil {
				p.Steps, rest = append(p.Steps, Step{Index: found[1]}), rest[len(found[0]):]
				continue
			}
			if !strings.HasPrefix(rest, ".") {
				return Path{}, fmt.Errorf("%q is no name of a variable: a field follows a dot, an index is in brackets, as in cfg.ports[1]", strings.TrimSpace(text))
			}
			rest = rest[1:]
		}
		found := pathName.FindStringSubmatch(rest)
		if found == nil {
			return Path{}, fmt.Errorf("%q is no name of a variable: as in mode, cfg.mode or table[2]", strings.TrimSpace(text))
		}
		if rest = rest[len(found[0]):]; first {
			p.Name = found[1]
		} else {
			p.Steps = append(p.Steps, Step{Field: found[1]})
		}
	}
	return p, nil
}
