package annotation

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/bpflab/bpflab/vms/kernel"
)

// Test is what is expected of a program on one kernel, loaded with all capabilities or without.
type Test struct {
	Program     string
	Description string
	User        bool // without capabilities but Caps
	Fails       bool // the kernel must refuse it
	Messages    []Pattern
	Xlated      []Pattern // in the program as the kernel has changed it
	Jited       []Pattern // in its machine code
	Stderr      []Pattern
	Stdout      []Pattern
	Return      *Return // of a run; nil if it is not run
	LogLevel    int
	Flags       uint32 // that the tags name
	UsualFlags  uint32 // where the kernel knows them
	Caps        []int
	LoadMode    string // "jited", "no_jited", "": of the kernel
	LinearSize  int
	Skip        string // why it is not judged on this kernel
	Auxiliary   bool   // it is no test, and loaded with those that are
}

// DataSize is how many bytes a program is run on, all zero.
const DataSize = 64

// Name returns the program's name as the kernel's runner has it: "prog @unpriv".
func (t Test) Name() string {
	if t.User {
		return t.Program + " @unpriv"
	}
	return t.Program
}

// On returns the tests of a program on a kernel: one with all capabilities, one without, or both.
// A program without tags must load. Errors are tags that contradict each other there.
func (o *Object) On(program string, k kernel.Version, arch kernel.Arch) ([]Test, error) {
	s := spec{tags: holding(o.functions[program], k), arch: string(arch.OrZero())}
	if s.arch == "" {
		s.arch = string(kernel.AMD64)
	}
	root, user := Test{Program: program, UsualFlags: usual}, Test{Program: program, User: true}
	if err := s.both(&root); err != nil {
		return nil, fmt.Errorf("%s: %w", program, err)
	}
	own := root
	user, user.Program, user.User = own, program, true
	if err := errors.Join(s.mode(&root), s.mode(&user)); err != nil {
		return nil, fmt.Errorf("%s: %w", program, err)
	}
	s.inherit(root, &user)
	var out []Test
	if s.has(false) || !s.has(true) {
		out = append(out, root)
	}
	if s.has(true) {
		out = append(out, user)
	}
	return out, nil
}

// holding returns the tags that hold on a kernel. Those with a range go before those of their
// kind without one, and a result with a range before all that belongs to another result.
func holding(all []Tag, k kernel.Version) (out []Tag) {
	type kind struct {
		name string
		user bool
	}
	ranged, results, plain := map[kind]bool{}, map[bool]string{}, map[bool]string{}
	for _, t := range all {
		switch {
		case t.ranged && t.On.Contains(k):
			ranged[kind{kindOf(t), t.User}] = true
			if kindOf(t) == "result" {
				results[t.User] = t.Name
			}
		case !t.ranged && kindOf(t) == "result":
			plain[t.User] = t.Name
		}
	}
	for _, t := range all {
		other := results[t.User] != "" && results[t.User] != orSuccess(plain[t.User]) && ofResult(t)
		switch {
		case t.ranged && !t.On.Contains(k):
		case !t.ranged && (ranged[kind{kindOf(t), t.User}] || other):
		default:
			out = append(out, t)
		}
	}
	return out
}

func orSuccess(name string) string {
	if name == "" {
		return "test_expect_success"
	}
	return name
}

// kindOf returns what a tag is about.
func kindOf(t Tag) string {
	switch t.Name {
	case "test_expect_success", "test_expect_failure":
		return "result"
	case "test_expect_msg", "test_expect_not_msg", "test_expect_regex":
		return "message"
	}
	return t.Name
}

// ofResult reports whether a tag belongs to a result: what is logged, made and returned.
func ofResult(t Tag) bool {
	return kindOf(t) == "message" || t.Name == "test_retval" || slices.Contains(messages, t.Name)
}

// spec are the tags of one program that hold on one kernel.
type spec struct {
	tags []Tag
	arch string
}

// has reports whether tags ask for the mode, without capabilities or with all.
func (s spec) has(user bool) bool {
	arch := ""
	for _, t := range s.tags {
		switch t.Name {
		case "test_arch":
			arch = arches[t.Value]
		case "test_caps_unpriv":
			if user {
				return true
			}
		case "test_jited":
			if t.User == user && arch == s.arch {
				return true
			}
		case "test_expect_stderr", "test_expect_stdout":
		default:
			if t.User == user && (kindOf(t) == "result" || ofResult(t) || t.Name == "test_auxiliary") {
				return true
			}
		}
	}
	return false
}

// both reads the tags that are of both modes.
func (s spec) both(t *Test) error {
	seen, named := map[string]Tag{}, false
	for _, tag := range s.tags {
		f := forms[tag.Name]
		if before, twice := seen[tag.Name]; twice && !f.many && !f.user && before.Value != tag.Value {
			return fmt.Errorf("%s and %s contradict each other", before, tag)
		}
		seen[tag.Name] = tag
		switch tag.Name {
		case "test_description":
			t.Description = tag.Value
		case "test_skip":
			t.Skip = "skipped: " + tag.Value
		case "test_log_level":
			t.LogLevel = int(number(tag.Value))
		case "test_linear_size":
			t.LinearSize = int(number(tag.Value))
		case "test_caps_unpriv":
			t.Caps, _ = parseCaps(tag.Value)
		case "load_mode":
			t.LoadMode = tag.Value
		case "test_btf_path", "test_btf_func_path":
			t.Skip = orElse(t.Skip, fmt.Sprintf("bpflab has not the file of the kernel's tests that %s names", tag))
		case "test_prog_flags":
			t.flag(tag.Value)
		case "test_arch":
			named = named || arches[tag.Value] == s.arch
		}
	}
	if _, some := seen["test_arch"]; some && !named {
		t.Skip = orElse(t.Skip, "it is not for "+s.arch+": "+s.archNames())
	}
	return nil
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func (s spec) archNames() (out string) {
	for _, t := range s.tags {
		if t.Name == "test_arch" {
			out += t.String() + " "
		}
	}
	return out[:len(out)-1]
}

func number(text string) int64 {
	n, _ := parseInt(text)
	return n
}

// flag sets or takes away a flag.
func (t *Test) flag(text string) {
	bits, taken, _ := parseFlag(text)
	if taken {
		t.Flags, t.UsualFlags = t.Flags&^bits, t.UsualFlags&^bits
	} else {
		t.Flags |= bits
	}
}

// mode reads the tags of the test's mode.
func (s spec) mode(t *Test) error {
	var result, returned, auxiliary *Tag
	next, arch := map[string]bool{}, ""
	for i := range s.tags {
		tag := &s.tags[i]
		if tag.Name == "test_arch" {
			arch = arches[tag.Value]
			delete(next, "test_jited")
		}
		if tag.User != t.User {
			continue
		}
		switch tag.Name {
		case "test_expect_success", "test_expect_failure":
			if result != nil && result.Name != tag.Name {
				return fmt.Errorf("%s and %s contradict each other", *result, *tag)
			}
			result, t.Fails = tag, tag.Name == "test_expect_failure"
		case "test_retval":
			value, _ := parseReturn(tag.Value)
			if returned != nil && *t.Return != value {
				return fmt.Errorf("%s and %s contradict each other", *returned, *tag)
			}
			returned, t.Return = tag, &value
		case "test_auxiliary":
			auxiliary, t.Auxiliary = tag, true
		case "test_jited":
			if arch == "" {
				return fmt.Errorf("%s: there is no __arch_* before it", *tag)
			}
			if arch == s.arch {
				t.look(*tag, next)
			}
		default:
			t.look(*tag, next)
		}
	}
	return s.consistent(t, result, returned, auxiliary)
}

// look adds a pattern. Those of instructions and streams are of consecutive lines, unless "..." is
// between them.
func (t *Test) look(tag Tag, next map[string]bool) {
	list, lines := map[string]*[]Pattern{"test_expect_msg": &t.Messages, "test_expect_not_msg": &t.Messages, "test_expect_regex": &t.Messages,
		"test_expect_xlated": &t.Xlated, "test_jited": &t.Jited, "test_expect_stderr": &t.Stderr, "test_expect_stdout": &t.Stdout}[tag.Name], kindOf(tag) != "message"
	if list == nil {
		return
	}
	if lines && tag.Value == "..." {
		next[tag.Name] = false
		return
	}
	p, err := tag.pattern()
	if err != nil {
		return // which Tag.check has reported
	}
	p.NextLine = lines && len(*list) > 0 && next[tag.Name]
	next[tag.Name] = true
	*list = append(*list, p)
}

// consistent returns an error if tags of a mode contradict each other.
func (s spec) consistent(t *Test, result, returned, auxiliary *Tag) error {
	for i := range s.tags {
		tag := s.tags[i]
		if tag.User != t.User {
			continue
		}
		needsProgram := tag.Name == "test_expect_xlated" || tag.Name == "test_jited" || tag.Name == "test_retval"
		switch {
		case t.Fails && needsProgram:
			return fmt.Errorf("%s and %s contradict each other: there is no program that was not loaded", *result, tag)
		case auxiliary != nil && (t.Fails || ofResult(tag)):
			return fmt.Errorf("%s and %s contradict each other: a program that is only loaded with others is not judged", *auxiliary, orTag(tag, result, t.Fails))
		}
	}
	if len(t.Stdout)+len(t.Stderr) > 0 && returned == nil && !t.User {
		t.Skip = orElse(t.Skip, "its streams are not judged, for without __retval it is not run")
	}
	return nil
}

func orTag(tag Tag, other *Tag, take bool) Tag {
	if take {
		return *other
	}
	return tag
}

// inherit gives the test without capabilities what only the other one names.
func (s spec) inherit(root Test, user *Test) {
	own := map[string]bool{}
	for _, t := range s.tags {
		if t.User {
			own[kindOf(t)] = true
		}
	}
	if !own["result"] {
		user.Fails = root.Fails
	}
	if !own["test_retval"] {
		user.Return = root.Return
	}
	for _, list := range []struct{ to, from *[]Pattern }{{&user.Messages, &root.Messages}, {&user.Xlated, &root.Xlated},
		{&user.Jited, &root.Jited}, {&user.Stderr, &root.Stderr}, {&user.Stdout, &root.Stdout}} {
		if len(*list.to) == 0 {
			*list.to = *list.from
		}
	}
	if user.Fails {
		user.Return, user.Xlated, user.Jited, user.Stderr, user.Stdout = nil, nil, nil, nil, nil
	}
}

// Expected returns in a few words what the kernel must do.
func (t Test) Expected() string {
	out := "loads"
	if t.Fails {
		out = "is refused"
	}
	for _, list := range []struct {
		patterns []Pattern
		what     string
	}{{t.Messages, "message"}, {t.Xlated, "instruction"}, {t.Jited, "machine instruction"}, {t.Stdout, "line of stdout"}, {t.Stderr, "line of stderr"}} {
		if n := len(list.patterns); n == 1 {
			out += ", 1 " + list.what
		} else if n > 1 {
			out += ", " + strconv.Itoa(n) + " " + plural(list.what)
		}
	}
	if t.Return != nil {
		out += ", returns " + t.Return.String()
	}
	return out
}

func plural(what string) string {
	if len(what) > 4 && what[:4] == "line" {
		return "lines" + what[4:]
	}
	return what + "s"
}
