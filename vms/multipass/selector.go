package multipass

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
)

// source is the Source of kernels that multipass's images carry.
const source = "multipass"

// defaultRelease is what the selector "default" stands for.
const defaultRelease = "24.04"

// releases are Ubuntu's, with their code names.
var releases = map[string]string{"18.04": "bionic", "20.04": "focal", "22.04": "jammy", "24.04": "noble"}

// wanted is what a selector asks for: an image, and at most one kernel that is
// installed in it.
type wanted struct {
	image    string // for multipass launch: a release, or file:///PATH
	name     string // for tables: the image, and what is installed
	pkg      string // kernel package, or ""
	mainline string // mainline version, or ""
}

// extraForm is what may follow an image.
var extraForm = regexp.MustCompile(`\+(?:(hwe)|(linux-[a-z0-9][a-z0-9.+-]*)|mainline-(\d+\.\d+(?:\.\d+|-rc\d+)?))$`)

// Resolve takes RELEASE, CODENAME, default and file:///PATH, each with +hwe,
// +PACKAGE or +mainline-VERSION after it. No other kernels are available here:
// all other selectors are a *kernel.SelectorError. Which release of the kernel
// it is only a boot shows.
func (p *Provider) Resolve(_ context.Context, selector string) ([]kernel.Image, bool, error) {
	w, err := parseSelector(selector)
	if err != nil {
		return nil, true, err
	}
	return []kernel.Image{{Selector: selector, Series: w.name, Source: source, Package: w.pkg}}, true, nil
}

func parseSelector(selector string) (wanted, error) {
	base, extra := selector, ""
	at := extraForm.FindStringSubmatchIndex(selector)
	if at != nil {
		base, extra = selector[:at[0]], selector[at[0]:]
	}
	w, err := parseImage(selector, base)
	if err != nil || extra == "" {
		return w, err
	}
	w.name += extra
	switch kind := extraForm.FindStringSubmatch(extra); {
	case kind[1] == "":
		w.pkg, w.mainline = kind[2], kind[3]
	case isFile(w.image):
		return w, &kernel.SelectorError{Selector: selector, Problem: "does not say of which release its HWE kernel is; name the package: +linux-image-generic-hwe-22.04"}
	default:
		w.pkg = "linux-image-generic-hwe-" + w.image
	}
	return w, nil
}

// parseImage reads the part of a selector that names an image.
func parseImage(selector, base string) (wanted, error) {
	if base == "default" {
		base = defaultRelease
	}
	for release, codeName := range releases {
		if base == release || base == codeName {
			return wanted{image: release, name: release}, nil
		}
	}
	if isFile(base) {
		return wanted{image: base, name: base[strings.LastIndexByte(base, '/')+1:]}, nil
	}
	return wanted{}, noSuchImage(selector)
}

// isFile reports whether it is a file with an absolute path.
func isFile(image string) bool {
	return strings.HasPrefix(image, "file:///") && !strings.HasSuffix(image, "/")
}

func noSuchImage(selector string) error {
	e := &kernel.SelectorError{Selector: selector, Problem: "is no image of multipass", Known: knownImages()}
	if version, err := kernel.ParseVersion(selector); err == nil && version.Major < 10 {
		e.Problem += "; its kernels are those of its images, or are installed in them"
		e.Nearest = fmt.Sprintf("%s+mainline-%s", defaultRelease, selector)
	}
	return e
}

func knownImages() []string {
	var known []string
	for release := range releases {
		known = append(known, release)
	}
	slices.Sort(known)
	return append(known, "file:///PATH", "22.04+hwe", "22.04+linux-image-...", "22.04+mainline-6.6")
}
