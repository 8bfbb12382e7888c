package kernel

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/variant"
)

// Parameters returns what the kernel's command line needs besides what is usual, for its
// variant and for a security module, "" for none, to be active.
func (i Image) Parameters(lsm string) string {
	var words []string
	if list := i.lsmList(lsm); list != "" {
		words = append(words, "lsm="+list)
	}
	for _, s := range i.Variant.Settings() {
		switch s.Name {
		case "lockdown":
			words = append(words, s.String())
		case "preempt":
			words = append(words, "preempt="+cmp.Or(s.Value, "full"))
		}
	}
	if i.Variant != "" {
		words = append(words, variant.Parameter+"="+string(i.Variant))
	}
	return strings.Join(words, " ")
}

// lsmList returns the security modules to have active where they are more than the kernel
// was built to have, else "". A kernel whose configuration is unknown gets such a list for
// its variant alone, with those that Linux has by default.
func (i Image) lsmList(lab string) string {
	wanted := i.Variant.Values("lsm")
	if len(i.Variant.Values("lockdown")) > 0 {
		wanted = append(wanted, "lockdown")
	}
	built, known := i.builtLSMs()
	if !known {
		if len(wanted) == 0 {
			return ""
		}
		built = usualLSMs
	}
	if lab != "" {
		wanted = append(wanted, lab)
	}
	list := slices.Clone(built)
	for _, name := range wanted {
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	if known && len(list) == len(built) {
		return ""
	}
	return strings.Join(list, ",")
}

// usualLSMs is the default of CONFIG_LSM (security/Kconfig of Linux 6.12) where none of
// the large modules was chosen.
var usualLSMs = []string{"landlock", "lockdown", "yama", "loadpin", "safesetid", "ipe", "bpf"}

// builtLSMs returns the security modules that the kernel was built to have active.
func (i Image) builtLSMs() (list []string, known bool) {
	for line := range bytes.Lines(i.config()) {
		if rest, found := bytes.CutPrefix(line, []byte(`CONFIG_LSM="`)); found {
			names, _, _ := strings.Cut(string(rest), `"`)
			return slices.DeleteFunc(strings.Split(names, ","), func(s string) bool { return s == "" }), true
		}
	}
	return nil, false
}

// config returns the text of the kernel's configuration, nil if it is not known.
func (i Image) config() []byte {
	if i.Config == "" {
		return nil
	}
	text, _ := os.ReadFile(i.Config)
	return text
}

// Lacks returns why the kernel cannot have a setting of its variant. seen is what the
// machine showed.
func (i Image) Lacks(s Setting, seen string) string {
	k, _ := findKnob(s.Name)
	if s == (Setting{Name: "lsm", Value: "bpf"}) {
		k.option, k.since = "CONFIG_BPF_LSM", Version{Major: 5, Minor: 7}
	}
	return fmt.Sprintf("this kernel cannot have +%s: %s%s", s, i.blame(k), seen)
}

// blame names the option that is why a kernel cannot have a setting, with a colon after it.
func (i Image) blame(k knob) string {
	if k.option == "" {
		return ""
	}
	built := "it was built without " + k.option
	if k.unwanted {
		built = "it was built with " + k.option
	}
	config := i.config()
	switch has := regexp.MustCompile(`(?m)^` + k.option + `=[ym]$`).Match(config); {
	case i.Version.Compare(k.since) < 0 && !i.Version.IsZero() && !k.unwanted:
		return fmt.Sprintf("Linux has %s from %s on: ", k.option, k.since)
	case config == nil:
		return built + ", or something else keeps it from that: "
	case has == k.unwanted:
		return built + ": "
	case has:
		return "it has " + k.option + ", but "
	}
	return "it has no " + k.option + ", but "
}
