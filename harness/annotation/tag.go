package annotation

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/suggest"
)

// Tag is one expectation of a program.
type Tag struct {
	Name  string       // without its mode: "test_expect_msg"
	User  bool         // of the program that is loaded without capabilities, "…_unpriv"
	Value string       // behind the "="
	On    kernel.Range // the kernels that it holds on

	ranged bool // On is not all of them
	order  int  // as in the source, -1 if the tag has none
}

// form is how a tag is written.
type form struct {
	macro string
	value bool // it has one
	user  bool // there is one with _unpriv
	many  bool // there may be several
}

// forms are the tags of bpf_misc.h, of 6.3 to 7.3.
var forms = map[string]form{
	"test_expect_success": {macro: "success", user: true},
	"test_expect_failure": {macro: "failure", user: true},
	"test_expect_msg":     {"msg", true, true, true},
	"test_expect_not_msg": {"not_msg", true, true, true},
	"test_expect_regex":   {"regex", true, true, true},
	"test_expect_xlated":  {"xlated", true, true, true},
	"test_jited":          {"jited", true, true, true},
	"test_expect_stderr":  {"stderr", true, true, true},
	"test_expect_stdout":  {"stdout", true, true, true},
	"test_retval":         {macro: "retval", value: true, user: true},
	"test_description":    {macro: "description", value: true},
	"test_skip":           {macro: "skip", value: true},
	"test_log_level":      {macro: "log_level", value: true},
	"test_log_always":     {macro: "log_always"},
	"test_prog_flags":     {macro: "flag", value: true, many: true},
	"test_auxiliary":      {macro: "auxiliary", user: true},
	"test_arch":           {macro: "arch", value: true, many: true},
	"test_btf_path":       {macro: "btf_path", value: true},
	"test_btf_func_path":  {macro: "btf_func_path", value: true},
	"test_caps_unpriv":    {macro: "caps_unpriv", value: true},
	"test_linear_size":    {macro: "linear_size", value: true},
	"load_mode":           {macro: "load_mode", value: true},
}

// messages are the tags whose value is text that is looked for.
var messages = []string{"test_expect_msg", "test_expect_not_msg", "test_expect_regex", "test_expect_xlated", "test_jited", "test_expect_stderr", "test_expect_stdout"}

// String returns the tag as it is written in C.
func (t Tag) String() string {
	f := forms[t.Name]
	text := f.macro
	if t.User {
		text += "_unpriv"
	}
	switch {
	case t.Name == "load_mode" && t.Value == "jited":
		text = "load_if_JITed()"
	case t.Name == "load_mode":
		text = "load_if_no_JITed()"
	case slices.Contains(messages, t.Name) || t.Name == "test_description" || t.Name == "test_skip":
		text += fmt.Sprintf("(%q)", t.Value)
	case f.value:
		text += "(" + t.Value + ")"
	}
	if t.ranged {
		return text + " on " + t.On.String()
	}
	return "__" + text
}

// Beginnings of a declaration tag that is an expectation: the kernel's, and that of
// bpf/include/bpflab_expect.h, which has a range of kernels behind the number.
const (
	ofKernel = "comment:"
	ofBpflab = "bpflab:"
)

var numbered = regexp.MustCompile(`^(\d{1,9}):`)

// parseTag reads a declaration tag; ok is false for one that is no expectation.
func parseTag(text string) (t Tag, ok bool, err error) {
	rest, own := strings.CutPrefix(text, ofBpflab)
	if !own {
		if rest, ok = strings.CutPrefix(text, ofKernel); !ok {
			return t, false, nil
		}
	}
	t.order = -1
	if m := numbered.FindStringSubmatch(rest); m != nil {
		t.order, _ = strconv.Atoi(m[1])
		rest = rest[len(m[0]):]
	}
	if own {
		if rest, err = t.parseRange(rest); err != nil {
			return t, true, fmt.Errorf("%q: %w", text, err)
		}
	} else if !strings.HasPrefix(rest, "test_") && !strings.HasPrefix(rest, "load_mode=") {
		return t, false, nil // a comment
	}
	if err := t.parseName(rest); err != nil {
		return t, true, fmt.Errorf("%q: %w", text, err)
	}
	return t, true, nil
}

// parseRange reads the range of kernels before a tag of bpflab_expect.h.
func (t *Tag) parseRange(text string) (rest string, err error) {
	on, rest, found := strings.Cut(text, ":")
	if t.order < 0 || !found {
		return "", fmt.Errorf("it is not as bpflab_expect.h makes it: bpflab:NUMBER:KERNELS:TAG")
	}
	t.On, err = kernel.ParseRange(on)
	t.ranged = !t.On.IsZero()
	return rest, err
}

// parseName reads a tag's name and value.
func (t *Tag) parseName(text string) error {
	var valued bool
	t.Name, t.Value, valued = strings.Cut(text, "=")
	f, known := forms[t.Name]
	if name, user := strings.CutSuffix(t.Name, "_unpriv"); !known && user && forms[name].user {
		t.Name, t.User, f, known = name, true, forms[name], true
	}
	switch {
	case !known:
		return fmt.Errorf("there is no tag %s%s", t.Name, meant(t.Name))
	case f.value && !valued:
		return fmt.Errorf("%s needs a value", t.Name)
	case !f.value && valued:
		return fmt.Errorf("%s takes no value", t.Name)
	}
	return nil
}

func meant(name string) string {
	var names []string
	for known, f := range forms {
		if names = append(names, known); f.user {
			names = append(names, known+"_unpriv")
		}
	}
	slices.Sort(names)
	if like := suggest.Spelling(name, names); like != "" {
		return fmt.Sprintf("; did you mean %s?", like)
	}
	return ""
}

// inValue is the number of a message in the tags of kernels around 6.12, which have it behind the name.
var inValue = regexp.MustCompile(`^(\d{1,9})=`)

// numberMessages takes the numbers from the messages' values, if all have one.
func numberMessages(tags []Tag) {
	isOld := func(t Tag) bool { return t.order < 0 && slices.Contains(messages, t.Name) }
	if slices.ContainsFunc(tags, func(t Tag) bool { return isOld(t) && !inValue.MatchString(t.Value) }) {
		return
	}
	for i, t := range tags {
		if isOld(t) {
			m := inValue.FindStringSubmatch(t.Value)
			tags[i].order, _ = strconv.Atoi(m[1])
			tags[i].Value = t.Value[len(m[0]):]
		}
	}
}
