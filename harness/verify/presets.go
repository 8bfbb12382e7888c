package verify

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/globals"
)

// Presets are values for the global variables of objects, by which every program is verified:
// `const volatile` variables select what the verifier sees of it.
type Presets struct {
	All  []Setting // for all objects that have the variables, and before those of each set
	Sets []Preset
}

// Preset is a set of values with a name.
type Preset struct {
	Name     string
	Set      []Setting
	Objects  []Pattern // of the objects that it is for; none is all that have one of its variables
	Programs []Pattern // none is all

	at position
}

// Setting is a value for a variable, and where it was written.
type Setting struct {
	globals.Assignment
	at position
}

// Pattern is one of names, as path.Match has them.
type Pattern struct {
	text string
	at   position
}

// position is where something stands in a file, or a flag.
type position struct {
	source       string // the file, or the flag with its value
	line, column int    // 0 for a flag
}

// because returns an error of what stands at the place.
func (p position) because(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if p.line == 0 {
		return fmt.Errorf("%s: %s", p.source, text)
	}
	return fmt.Errorf("%s:%d:%d: %s", p.source, p.line, p.column, text)
}

// PresetInfo is a set of values in a report: its settings as --set-global takes them, in the
// order in which they were applied.
type PresetInfo struct {
	Name string   `json:"name"`
	Set  []string `json:"set"`
}

// Info returns the sets, and the values that all of them have.
func (p Presets) Info() (sets []PresetInfo, all []string) {
	for _, one := range p.Sets {
		sets = append(sets, PresetInfo{one.Name, assignmentsOf(one.Set)})
	}
	if len(p.All) > 0 {
		all = assignmentsOf(p.All)
	}
	return sets, all
}

func assignmentsOf(settings []Setting) []string {
	out := []string{}
	for _, s := range settings {
		out = append(out, s.String())
	}
	return out
}

// Apply returns the objects with the values, each object once for each set that is for it. What
// no set is for, a program or a whole object, is verified once with the values of All, if it has
// any. An error lists every value that does not fit a variable, or that no object has a variable
// for, with its place.
func (p Presets) Apply(objects []*Object) ([]*Object, error) {
	if len(p.All)+len(p.Sets) == 0 {
		return objects, nil
	}
	s := setter{objects: objects, variables: map[*Object]*globals.Variables{}, unreadable: map[*Object]error{}}
	if p.hasValues() {
		s.read()
	}
	s.check(p.All, objects, "")
	for _, set := range p.Sets {
		s.checkSet(set)
	}
	if len(s.errs) > 0 {
		return nil, errors.Join(s.errs...)
	}
	var out []*Object
	used := map[string]bool{}
	for _, o := range objects {
		all, err := s.of(o, p)
		if err != nil {
			return nil, err
		}
		for _, one := range all {
			used[one.preset] = true
		}
		out = append(out, all...)
	}
	for _, set := range p.Sets {
		if !used[set.Name] {
			s.fail(set.at, "preset %s is for no program: no object that it is for has one that programs names", set.Name)
		}
	}
	return out, errors.Join(s.errs...)
}

func (p Presets) hasValues() bool {
	return len(p.All) > 0 || slices.ContainsFunc(p.Sets, func(one Preset) bool { return len(one.Set) > 0 })
}

// setter checks settings against the objects' variables.
type setter struct {
	objects    []*Object
	variables  map[*Object]*globals.Variables // of those that have some
	unreadable map[*Object]error
	errs       []error
}

// read reads the variables of the objects that programs can be loaded of.
func (s *setter) read() {
	for _, o := range s.objects {
		if o.unread != nil {
			continue
		}
		text, err := o.content()
		if err == nil {
			s.variables[o], err = globals.Read(text)
		}
		if err != nil {
			delete(s.variables, o)
			s.unreadable[o] = err
		}
	}
}

func (s *setter) fail(at position, format string, args ...any) {
	s.errs = append(s.errs, at.because(format, args...))
}

// checkSet checks a set against the objects that it is for.
func (s *setter) checkSet(set Preset) {
	var chosen []*Object
	for _, pattern := range set.Objects {
		found := matching(s.objects, pattern)
		if len(found) == 0 {
			s.fail(pattern.at, "no object matches %q%s", pattern.text, suggestion(pattern.text, objectNames(s.objects)))
		}
		for _, o := range found {
			if !slices.Contains(chosen, o) {
				chosen = append(chosen, o)
			}
		}
	}
	if len(set.Objects) == 0 {
		chosen = s.objects
	}
	for _, pattern := range set.Programs {
		names := programNames(chosen)
		if len(chosen) > 0 && !slices.ContainsFunc(names, func(name string) bool { return matchesAny([]string{pattern.text}, name) }) {
			s.fail(pattern.at, "no program of the objects matches %q%s", pattern.text, suggestion(pattern.text, names))
		}
	}
	if len(chosen) > 0 {
		s.check(set.Set, chosen, set.Name)
	}
}

func matching(objects []*Object, pattern Pattern) (out []*Object) {
	for _, o := range objects {
		if pattern.isOf(o) {
			out = append(out, o)
		}
	}
	return out
}

func (p Pattern) isOf(o *Object) bool {
	return matchesAny([]string{p.text}, o.Name) || matchesAny([]string{p.text}, filepath.Base(o.Name))
}

// check checks values: at least one of the objects must have each variable, and each that has it
// must take the value.
func (s *setter) check(settings []Setting, objects []*Object, preset string) {
	for _, one := range settings {
		owners := 0
		for _, o := range objects {
			if v := s.variables[o]; v != nil && v.Has(one.Path.Name) {
				owners++
				if _, err := v.Patch(one.Assignment); err != nil {
					s.fail(one.at, "%s%v", s.subject(o, preset), err)
				}
			}
		}
		if owners == 0 {
			s.fail(one.at, "%s", s.missing(one, objects))
		}
	}
}

// subject names the object that an error is of, if there are several.
func (s *setter) subject(o *Object, preset string) string {
	text := ""
	if preset != "" {
		text = "preset " + preset + ": "
	}
	if len(s.objects) > 1 {
		text += o.Name + ": "
	}
	return text
}

// missing says why no object has a variable.
func (s *setter) missing(one Setting, objects []*Object) string {
	var names, unread []string
	var readable []*globals.Variables
	for _, o := range objects {
		if v := s.variables[o]; v != nil {
			readable, names = append(readable, v), append(names, v.Names()...)
		}
		if err := s.unreadable[o]; err != nil {
			unread = append(unread, "; "+o.Name+": "+err.Error())
		}
	}
	if len(readable) == 1 && len(unread) == 0 {
		return readable[0].Why(one.Path.Name).Error()
	}
	return fmt.Sprintf("there is no global variable %s in these objects%s%s", one.Path.Name, suggestion(one.Path.Name, names), strings.Join(unread, ""))
}

// of returns an object with each set that is for it, and the rest of it without one.
func (s *setter) of(o *Object, p Presets) (out []*Object, err error) {
	if o.unread != nil {
		return []*Object{o}, nil
	}
	covered := map[string]bool{}
	for _, set := range p.Sets {
		if !set.isFor(o, s.variables[o]) {
			continue
		}
		one := *o
		one.preset, one.Programs = set.Name, nil
		for _, program := range o.Programs {
			if set.hasProgram(program.Name) {
				one.Programs = append(one.Programs, program)
				covered[program.Name] = true
			}
		}
		if len(one.Programs) == 0 {
			continue
		}
		if err := s.patch(o, &one, slices.Concat(p.All, set.Set)); err != nil {
			return nil, err
		}
		out = append(out, &one)
	}
	rest := *o
	rest.Programs = slices.DeleteFunc(slices.Clone(o.Programs), func(program Program) bool { return covered[program.Name] })
	if len(rest.Programs) > 0 {
		if err := s.patch(o, &rest, p.All); err != nil {
			return nil, err
		}
		out = append(out, &rest)
	}
	return out, nil
}

// isFor reports whether a set is for an object: it has one of the variables, or the set gives no
// values at all.
func (p Preset) isFor(o *Object, v *globals.Variables) bool {
	if len(p.Objects) > 0 && !slices.ContainsFunc(p.Objects, func(pattern Pattern) bool { return pattern.isOf(o) }) {
		return false
	}
	return len(p.Set) == 0 || v != nil && slices.ContainsFunc(p.Set, func(one Setting) bool { return v.Has(one.Path.Name) })
}

func (p Preset) hasProgram(name string) bool {
	return len(p.Programs) == 0 || slices.ContainsFunc(p.Programs, func(pattern Pattern) bool { return matchesAny([]string{pattern.text}, name) })
}

// patch notes what is written into an object's copy, of the variables that it has.
func (s *setter) patch(o, to *Object, settings []Setting) error {
	v := s.variables[o]
	for _, one := range settings {
		if v == nil || !v.Has(one.Path.Name) {
			continue
		}
		patch, err := v.Patch(one.Assignment)
		if err != nil {
			return one.at.because("%v", err)
		}
		to.patches = append(to.patches, patch)
		if patch.Note != "" && !slices.Contains(to.notes, patch.Note) {
			to.notes = append(to.notes, patch.Note)
		}
	}
	return nil
}

func objectNames(objects []*Object) (names []string) {
	for _, o := range objects {
		names = append(names, o.Name)
	}
	return names
}
