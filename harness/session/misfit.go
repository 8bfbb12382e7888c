package session

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/object"
)

// Misfits returns what a lab's document names and the objects of its solution do not have:
// programs, maps, and fields and types of their BTF. objects are by the C files' names as
// the lab gives them. The error is that of an object that cannot be read.
func Misfits(l *lab.Lab, objects map[string][]byte) ([]*lab.Error, error) {
	var out []*lab.Error
	for i := range l.Steps {
		name := l.Steps[i].Source(l)
		if objects[name] == nil {
			continue
		}
		spec, err := object.Read(objects[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		f := fitter{lab: l, index: i, step: &l.Steps[i], file: name, spec: spec}
		f.fit()
		out = append(out, f.found...)
	}
	return out, nil
}

// fitter compares a step with the object that it loads.
type fitter struct {
	lab   *lab.Lab
	index int
	step  *lab.Step
	file  string
	spec  *ebpf.CollectionSpec
	found []*lab.Error
}

func (f *fitter) add(path, word string, words []string, format string, args ...any) {
	f.found = append(f.found, f.lab.Mistake(f.index, path, word, words, format, args...))
}

func (f *fitter) fit() {
	for i, name := range f.step.Load {
		f.program(fmt.Sprintf("load[%d]", i), name)
	}
	for i, a := range f.step.Attach {
		f.program(fmt.Sprintf("attach[%d].program", i), a.Program)
	}
	for i, c := range f.step.Checks {
		f.check(fmt.Sprintf("checks[%d].", i), c)
	}
}

func (f *fitter) check(path string, c lab.Check) {
	switch {
	case c.Map != nil:
		f.mapCheck(path+"map.", *c.Map)
	case c.Event != nil:
		f.event(path+"event.", *c.Event)
	case c.Accepted != nil:
		f.program(path+"accepted.program", c.Accepted.Program)
	case c.Rejected != nil:
		f.program(path+"rejected.program", c.Rejected.Program)
	case c.Insns != nil:
		f.program(path+"insns.program", c.Insns.Program)
	}
}

// program wants the object to have a program; "" stands for no program in particular.
func (f *fitter) program(path, name string) {
	if name != "" && f.spec.Programs[name] == nil {
		f.add(path, name, slices.Sorted(maps.Keys(f.spec.Programs)), "%s has no program %q", f.file, name)
	}
}

// mapSpec returns a map of the object, or nil after reporting that there is none.
func (f *fitter) mapSpec(path, name string) *ebpf.MapSpec {
	spec := f.spec.Maps[name]
	if spec == nil {
		f.add(path, name, slices.Sorted(maps.Keys(f.spec.Maps)), "%s has no map %q", f.file, name)
	}
	return spec
}

func (f *fitter) mapCheck(path string, m lab.Map) {
	spec := f.mapSpec(path+"name", m.Name)
	if spec == nil {
		return
	}
	f.where(path+"where", "the key of the map "+m.Name, spec.Key, m.Where)
	if m.Field != "" {
		f.field(path+"field", "the value of the map "+m.Name, spec.Value, m.Field)
	}
}

func (f *fitter) event(path string, e lab.Event) {
	if spec := f.mapSpec(path+"map", e.Map); spec != nil && spec.Type != ebpf.RingBuf && spec.Type != ebpf.PerfEventArray {
		f.add(path+"map", e.Map, f.buffers(), "%q is a map of the type %s, and events are in a ring buffer or perf event array", e.Map, spec.Type)
	}
	if e.Type == "" {
		return
	}
	t, err := f.spec.Types.AnyTypeByName(e.Type)
	if err != nil {
		f.add(path+"type", e.Type, f.structs(), "the BTF of %s has no type %q", f.file, e.Type)
		return
	}
	f.where(path+"where", e.Type, t, e.Where)
}

// buffers returns the names of the maps that have events.
func (f *fitter) buffers() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(f.spec.Maps)) {
		if t := f.spec.Maps[name].Type; t == ebpf.RingBuf || t == ebpf.PerfEventArray {
			out = append(out, name)
		}
	}
	return out
}

// structs returns the names of the object's structs.
func (f *fitter) structs() []string {
	var out []string
	for t, err := range f.spec.Types.All() {
		if s, ok := t.(*btf.Struct); ok && err == nil && s.Name != "" {
			out = append(out, s.Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// where wants a type to have the fields of a condition. The field "key" stands for a value
// that is no struct.
func (f *fitter) where(path, what string, t btf.Type, where map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(where)) {
		if _, isStruct := members(t); !isStruct && name == "key" {
			continue
		}
		f.field(path, what, t, name)
	}
}

// field wants a type to have a field, named as in C. A type without BTF is not looked into.
func (f *fitter) field(path, what string, t btf.Type, field string) {
	for _, name := range strings.FieldsFunc(field, isJoint) {
		if _, none := t.(*btf.Void); t == nil || none {
			return
		}
		next, names := fieldOf(t, name)
		if next == nil {
			f.add(path, name, names, "%s has no field %q", what, field)
			return
		}
		t = next
	}
}

// fieldOf returns the type of a field or an element, or nil and the fields that there are.
func fieldOf(t btf.Type, name string) (btf.Type, []string) {
	if a, ok := btf.UnderlyingType(t).(*btf.Array); ok {
		if i, err := strconv.ParseUint(name, 10, 32); err == nil && i < uint64(a.Nelems) {
			return a.Type, nil
		}
		return nil, []string{fmt.Sprintf("an element from [0] to [%d]", a.Nelems-1)}
	}
	fields, _ := members(t)
	var names []string
	for _, m := range fields {
		if m.Name == name {
			return m.Type, nil
		}
		names = append(names, m.Name)
	}
	return nil, names
}

// members returns the fields of a struct or a union.
func members(t btf.Type) ([]btf.Member, bool) {
	switch t := btf.UnderlyingType(t).(type) {
	case *btf.Struct:
		return t.Members, true
	case *btf.Union:
		return t.Members, true
	}
	return nil, false
}
