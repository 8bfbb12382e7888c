package kernel

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// cutArch takes the architecture out of a selector without its variant: "6.12/generic/arm64"
// and "6.12/arm64/generic" are both 6.12/generic and arm64. One that an image's reference ends
// with is cut off only behind its tag or digest. Two architectures are an error.
func cutArch(text, base string) (string, Arch, error) {
	parts := strings.Split(base, "/")
	var arch Arch
	for i := len(parts) - 1; i > 0; i-- {
		a, err := ParseArch(parts[i])
		if err != nil || strings.HasPrefix(base, OCI+":") && (i < len(parts)-1 || !strings.ContainsAny(parts[i-1], ":@")) {
			continue
		}
		if arch != "" {
			return base, "", &SelectorError{Selector: text, Problem: "names two architectures, " + string(a) + " and " + string(arch)}
		}
		arch = a
		parts = slices.Delete(parts, i, i+1)
	}
	return strings.Join(parts, "/"), arch, nil
}

// archOfRelease returns the architecture that a release of Debian's names at its end
// ("6.1.0-50-s390x", "6.1.0-50-powerpc64le"), else "".
func archOfRelease(release string) Arch {
	i := strings.LastIndexByte(release, '-')
	arch, err := ParseArch(release[i+1:])
	if i < 0 || err != nil {
		return ""
	}
	return arch
}

// ParseArches reads architectures with commas between them, or all-arch. An unknown one, and
// one that is named twice, is an error.
func ParseArches(args []string) ([]Arch, error) {
	var all []Arch
	for _, arg := range args {
		for name := range strings.SplitSeq(arg, ",") {
			more, err := parseArches(strings.TrimSpace(name))
			if err != nil {
				return nil, err
			}
			for _, a := range more {
				if slices.Contains(all, a) {
					return nil, fmt.Errorf("%s is named twice", a)
				}
				all = append(all, a)
			}
		}
	}
	return all, nil
}

func parseArches(name string) ([]Arch, error) {
	switch name {
	case "":
		return nil, nil
	case AllArch, "all":
		return Arches(), nil
	}
	arch, err := ParseArch(name)
	return []Arch{arch}, err
}

// usualArch is the architecture of kernels whose selector names none: the host's own, whose
// machines need no emulation. Tests replace it.
var usualArch = HostArch()

// UsualArches returns the architectures, the host's own where there are none.
func UsualArches(arches []Arch) []Arch {
	if len(arches) == 0 {
		return []Arch{usualArch}
	}
	return arches
}

// selectorSuffix returns what a selector of an architecture's kernels ends with.
func selectorSuffix(arch Arch) string {
	if arch.Is(usualArch) {
		return ""
	}
	return "/" + string(arch.OrDefault())
}

// AcrossArches returns the selectors of args, each that names no architecture once for each of
// the architectures. One that names another is an error. A kernel that has one itself, as an import,
// stays as it is: CheckArches looks at what it is for.
func AcrossArches(args []string, arches []Arch) ([]string, error) {
	if len(arches) == 0 {
		return args, nil
	}
	var all []string
	for _, arg := range args {
		for text := range strings.SplitSeq(arg, ",") {
			more, err := acrossArches(strings.TrimSpace(text), arches)
			if err != nil {
				return nil, err
			}
			all = append(all, more...)
		}
	}
	return all, nil
}

func acrossArches(text string, arches []Arch) ([]string, error) {
	base, variant, err := CutVariant(text)
	if text == "" || err != nil { // ParseSelectors says what is wrong
		return []string{text}, nil
	}
	parsed, err := ParseSelectors([]string{text})
	if err != nil {
		return nil, err
	}
	for _, s := range parsed {
		if s.arch != "" && !slices.Contains(arches, s.arch) {
			return nil, &SelectorError{Selector: text, Problem: "is for " + string(s.arch) + ", and --arch names " + joinArches(arches)}
		}
	}
	switch {
	case parsed[0].NamesArch() || len(parsed) > 1 && parsed[1].NamesArch(): // one of all-arch is plain
		return []string{text}, nil
	case len(arches) == len(Arches()):
		return []string{base + "/" + AllArch + variant.Suffix()}, nil
	}
	var all []string
	for _, arch := range arches {
		all = append(all, base+selectorSuffix(arch)+variant.Suffix())
	}
	return all, nil
}

// CheckArches returns an error for a kernel that is for none of the architectures, as an
// import may be. None are any.
func CheckArches(refs []Ref, arches []Arch) error {
	for _, r := range refs {
		if len(arches) > 0 && !slices.Contains(arches, r.Arch.OrDefault()) {
			return &SelectorError{Selector: cmp.Or(r.Selector, r.Label()), Problem: "is for " + string(r.Arch.OrDefault()) + ", and --arch names " + joinArches(arches)}
		}
	}
	return nil
}
