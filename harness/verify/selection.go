package verify

import (
	"fmt"
	glob "path"
	"slices"
)

// Selection are patterns of programs' names, as path.Match has them.
type Selection struct {
	Only []string // none is all programs
	Skip []string
}

// Of returns the objects with the programs that are selected, without those objects that
// have none left. Objects that could not be read stay, for nobody knows what they have, and
// big-endian ones, of which most kernels take none: their results say so. A
// pattern that matches no program is an error, for it is mistyped.
func (s Selection) Of(objects []*Object) ([]*Object, error) {
	if err := s.check(objects); err != nil {
		return nil, err
	}
	var out []*Object
	for _, o := range objects {
		if o.unread == nil {
			left := *o
			left.Programs = slices.DeleteFunc(slices.Clone(o.Programs), func(p Program) bool { return !s.has(p.Name) })
			if o = &left; len(left.Programs) == 0 && !o.big {
				continue
			}
		}
		out = append(out, o)
	}
	return out, nil
}

func (s Selection) has(program string) bool {
	return (len(s.Only) == 0 || matchesAny(s.Only, program)) && !matchesAny(s.Skip, program)
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, _ := glob.Match(pattern, name)
		return ok
	})
}

// check returns an error if a pattern is none or matches no program.
func (s Selection) check(objects []*Object) error {
	names := programNames(objects)
	for _, flag := range []struct {
		name     string
		patterns []string
	}{{"--prog", s.Only}, {"--skip-prog", s.Skip}} {
		for _, pattern := range flag.patterns {
			if err := checkPattern(pattern); err != nil {
				return fmt.Errorf("%s %w", flag.name, err)
			}
			if !slices.ContainsFunc(names, func(name string) bool { return matchesAny([]string{pattern}, name) }) {
				return fmt.Errorf("%s: no program in these objects matches %q%s", flag.name, pattern, suggestion(pattern, names))
			}
		}
	}
	return nil
}

// checkPattern returns an error if a text is no pattern.
func checkPattern(text string) error {
	if _, err := glob.Match(text, ""); err != nil {
		return fmt.Errorf("%q is no pattern: * is any text, ? any character, [abc] one of them", text)
	}
	return nil
}

func programNames(objects []*Object) (names []string) {
	for _, o := range objects {
		for _, p := range o.Programs {
			names = append(names, p.Name)
		}
	}
	return names
}
