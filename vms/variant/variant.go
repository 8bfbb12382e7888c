// Package variant is how variants of a kernel's boot are written: the host names them on the
// kernel's command line, where the guest agent reads them. vms/kernel knows which there are.
package variant

import (
	"slices"
	"strconv"
	"strings"
)

// Parameter is the word of the kernel's command line that names the variant to the agent,
// which sets what no other parameter does, and looks whether all took effect.
const Parameter = "bpflab.variant"

// Variant is in what a kernel differs from how it is usually booted: settings in the order
// of their names, with + between them ("jit=off+lockdown=integrity"). The zero Variant is
// the usual one.
type Variant string

// Setting is one part of a Variant.
type Setting struct {
	Name  string
	Value string // "" for a setting without one
}

// String writes the setting as selectors have it, without the +.
func (s Setting) String() string {
	if s.Value == "" {
		return s.Name
	}
	return s.Name + "=" + s.Value
}

// Settings returns the parts of the variant.
func (v Variant) Settings() []Setting {
	if v == "" {
		return nil
	}
	var all []Setting
	for word := range strings.SplitSeq(string(v), "+") {
		name, value, _ := strings.Cut(word, "=")
		all = append(all, Setting{name, value})
	}
	return all
}

// Suffix returns what the variant adds to a selector or a label: "+jit=off"; "" for the
// usual one.
func (v Variant) Suffix() string {
	if v == "" {
		return ""
	}
	return "+" + string(v)
}

// Has reports whether a setting is among those of the variant.
func (v Variant) Has(s Setting) bool { return slices.Contains(v.Settings(), s) }

// Values returns the values of all settings of a name.
func (v Variant) Values(name string) []string {
	var all []string
	for _, s := range v.Settings() {
		if s.Name == name {
			all = append(all, s.Value)
		}
	}
	return all
}

// Memory returns the memory that the variant gives a machine, in bytes; 0 if it says
// nothing of it.
func (v Variant) Memory() int64 {
	for _, text := range v.Values("mem") {
		unit := map[byte]int64{'M': 1 << 20, 'G': 1 << 30}[text[len(text)-1]]
		n, _ := strconv.ParseInt(text[:len(text)-1], 10, 64) // the selector's parser has checked it
		return n * unit
	}
	return 0
}
