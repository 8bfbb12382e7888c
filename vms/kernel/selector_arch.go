package kernel

import (
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

// ParseArches reads architectures with commas between them, or all-arch, each once.
func ParseArches(args []string) ([]Arch, error) {
	var all []Arch
	for _, arg := range args {
		for name := range strings.SplitSeq(arg, ",") {
			more, err := parseArches(strings.TrimSpace(name))
			if err != nil {
				return nil, err
			}
			for _, a := range more {
				if !slices.Contains(all, a) {
					all = append(all, a)
				}
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

// AcrossArches returns the selectors of args, each that names no architecture once for each of
// the architectures. A kernel that has one itself, as an import, stays as it is.
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
	switch s := parsed[0]; {
	case s.kind == byName && s.arch == "" && len(arches) == 1: // where it is of another one, that is an error
	case s.NamesArch():
		return []string{text}, nil
	}
	if len(arches) == len(Arches()) {
		return []string{base + "/" + AllArch + variant.Suffix()}, nil
	}
	var all []string
	for _, arch := range arches {
		all = append(all, base+"/"+string(arch)+variant.Suffix())
	}
	return all, nil
}
