package kernel

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bpflab/bpflab/vms/suggest"
	"github.com/bpflab/bpflab/vms/variant"
)

// Variant is in what a kernel differs from how it is usually booted.
type Variant = variant.Variant

// Setting is one part of a Variant.
type Setting = variant.Setting

// knob is a setting that there is.
type knob struct {
	name     string
	values   []string // that it takes; "" among them means that it may stand alone
	size     bool     // it takes a number of bytes
	repeats  bool     // it may be given several times, with different values
	option   string   // of the kernel's configuration, which it depends on
	unwanted bool     // a kernel that has the option cannot have the setting
	since    Version  // first that has the option
}

// knobs are the settings, in the order of their names.
var knobs = []knob{
	{name: "cgroup1", values: []string{""}, option: "CONFIG_CGROUPS"},
	{name: "hardened", values: []string{""}, option: "CONFIG_BPF_JIT"},
	{name: "jit", values: []string{"off"}, option: "CONFIG_BPF_JIT_ALWAYS_ON", unwanted: true},
	{name: "lockdown", values: []string{"integrity", "confidentiality"}, option: "CONFIG_SECURITY_LOCKDOWN_LSM", since: Version{Major: 5, Minor: 4}},
	{name: "lsm", values: modules, repeats: true},
	{name: "mem", size: true},
	{name: "preempt", values: []string{"", "none", "voluntary", "full", "lazy"}, option: "CONFIG_PREEMPT_DYNAMIC", since: Version{Major: 5, Minor: 12}},
	{name: "unprivileged", values: []string{""}, option: "CONFIG_BPF_SYSCALL"},
}

// modules are the security modules of Linux that a kernel's command line can name.
var modules = []string{"apparmor", "bpf", "ima", "evm", "integrity", "ipe", "landlock", "loadpin", "lockdown", "safesetid", "selinux", "smack", "tomoyo", "yama"}

// leastMemory is the least that mem= takes: the same as vms.LeastMemory, which a test
// checks.
const leastMemory = 160 << 20

func findKnob(name string) (knob, bool) {
	i := slices.IndexFunc(knobs, func(k knob) bool { return k.name == name })
	if i < 0 {
		return knob{}, false
	}
	return knobs[i], true
}

// examples returns the knob as selectors have it, with each of its values.
func (k knob) examples() []string {
	if k.size {
		return []string{k.name + "=1G"}
	}
	var words []string
	for _, v := range k.values {
		words = append(words, Setting{Name: k.name, Value: v}.String())
	}
	return words
}

// form returns the knob as messages show it, with all its values.
func (k knob) form() string {
	switch {
	case k.repeats:
		return "+" + k.name + "=NAME"
	case len(k.values) < 2:
		return "+" + k.examples()[0]
	case k.values[0] == "":
		return "+" + k.name + "[=" + strings.Join(k.values[1:], "|") + "]"
	}
	return "+" + k.name + "=" + strings.Join(k.values, "|")
}

// Variants returns the settings that variants are made of, as selectors have them: "+jit=off".
func Variants() []string {
	var words []string
	for _, k := range knobs {
		for _, word := range k.examples() {
			words = append(words, "+"+word)
		}
	}
	return words
}

// ParseVariant reads settings with + between them, in any order; "" is the usual variant.
func ParseVariant(text string) (Variant, error) {
	if text == "" {
		return "", nil
	}
	var settings []Setting
	for piece := range strings.SplitSeq(text, "+") {
		s, err := parseSetting(piece)
		if err != nil {
			return "", err
		}
		if slices.Contains(settings, s) {
			continue
		}
		i := slices.IndexFunc(settings, func(t Setting) bool { return t.Name == s.Name })
		if k, _ := findKnob(s.Name); i >= 0 && !k.repeats {
			return "", fmt.Errorf("+%s and +%s are two values of one setting", settings[i], s)
		}
		settings = append(settings, s)
	}
	slices.SortFunc(settings, func(a, b Setting) int { return strings.Compare(a.String(), b.String()) })
	var words []string
	for _, s := range settings {
		words = append(words, s.String())
	}
	return Variant(strings.Join(words, "+")), nil
}

// parseSetting reads one setting.
func parseSetting(piece string) (Setting, error) {
	name, value, valued := strings.Cut(piece, "=")
	k, ok := findKnob(name)
	switch {
	case !ok:
		return Setting{}, unknownSetting(piece)
	case k.size:
		size, err := parseMemory(value)
		if err != nil {
			return Setting{}, fmt.Errorf("+%s: %w", piece, err)
		}
		return Setting{Name: name, Value: size}, nil
	case valued && value == "" || !slices.Contains(k.values, value):
		return Setting{}, fmt.Errorf("+%s is no variant; there is +%s", piece, strings.Join(k.examples(), ", +"))
	}
	return Setting{Name: name, Value: value}, nil
}

func unknownSetting(piece string) error {
	text := fmt.Sprintf("+%s is no variant", piece)
	var names, forms []string
	for _, k := range knobs {
		names, forms = append(names, k.name), append(forms, k.form())
	}
	name, _, _ := strings.Cut(piece, "=")
	if near, ok := findKnob(suggest.Name(name, names)); ok {
		text += "; did you mean " + near.form() + "?"
	}
	return fmt.Errorf("%s (there is: %s)", text, strings.Join(forms, ", "))
}

var memoryForm = regexp.MustCompile(`^(\d{1,7})([MG])$`)

// parseMemory reads the size of a machine's memory, and writes it in the largest unit.
func parseMemory(text string) (string, error) {
	m := memoryForm.FindStringSubmatch(text)
	if m == nil {
		return "", fmt.Errorf("%q is no size of memory: want for example 512M or 2G", text)
	}
	size := int64(number(m[1])) << 20
	if m[2] == "G" {
		size <<= 10
	}
	if size < leastMemory {
		return "", fmt.Errorf("%s is less than machines have, %dM", text, leastMemory>>20)
	}
	if size%(1<<30) == 0 {
		return strconv.FormatInt(size>>30, 10) + "G", nil
	}
	return strconv.FormatInt(size>>20, 10) + "M", nil
}

// CutVariant takes the variant off the end of a selector: "6.12+jit=off" is 6.12 and
// jit=off. What follows a + and is no name of a setting belongs to the selector, for
// releases and versions of packages have a + too.
func CutVariant(selector string) (base string, v Variant, err error) {
	base = selector
	for {
		i := strings.LastIndexByte(base, '+')
		if i <= 0 {
			break
		}
		name, _, _ := strings.Cut(base[i+1:], "=")
		if _, known := findKnob(name); !known {
			break
		}
		base = base[:i]
	}
	v, err = ParseVariant(strings.TrimPrefix(selector[len(base):], "+"))
	return base, v, err
}
