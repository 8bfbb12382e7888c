package annotation

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// Object has the expectations of an object's functions.
type Object struct {
	functions map[string][]Tag
}

// ErrNone is the error of an object that expects nothing: it was compiled by a compiler that
// writes no declaration tags, or without -g, or has no annotations.
var ErrNone = errors.New("it has no annotations: they are declaration tags of BTF, which clang writes from version 14 on, with -g")

// Read reads the annotations of an ELF object. Errors name the function and the tag, all that
// are wrong.
func Read(elf []byte) (*Object, error) {
	types, err := btf.LoadSpecFromReader(bytes.NewReader(elf))
	if errors.Is(err, btf.ErrNotFound) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, fmt.Errorf("read its BTF: %w", err)
	}
	found := map[string][]string{}
	for t, err := range types.All() {
		if err != nil {
			return nil, fmt.Errorf("read its BTF: %w", err)
		}
		if fn, ok := t.(*btf.Func); ok && len(fn.Tags) > 0 {
			found[fn.Name] = append(found[fn.Name], fn.Tags...)
		}
	}
	return Parse(found)
}

// Parse reads the declaration tags of functions, in the order that BTF has them.
func Parse(functions map[string][]string) (*Object, error) {
	o := &Object{map[string][]Tag{}}
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		var tags []Tag
		for _, text := range functions[name] {
			tag, ok, err := parseTag(text)
			if err == nil && ok {
				err = tag.check()
			}
			if err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
			} else if ok {
				tags = append(tags, tag)
			}
		}
		numberMessages(tags)
		slices.SortStableFunc(tags, func(a, b Tag) int { return cmp.Compare(a.order, b.order) })
		if len(tags) > 0 {
			o.functions[name] = tags
		}
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	if len(o.functions) == 0 {
		return nil, ErrNone
	}
	return o, nil
}

// CheckFunctions returns an error if a function has expectations and is none of the programs: nobody
// would judge them.
func (o *Object) CheckFunctions(programs []string) error {
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(o.functions)) {
		if slices.Contains(programs, name) {
			continue
		}
		for _, t := range o.functions[name] {
			if strings.HasPrefix(t.Name, "test_expect_") || t.Name == "test_retval" || t.Name == "test_jited" {
				wrong = append(wrong, fmt.Errorf("%s: %s: the function is no program of the object, so nothing is judged by it", name, t))
				break
			}
		}
	}
	return errors.Join(wrong...)
}
