package ubuntu

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apt"
)

// partForm finds the packages of a kernel of a known flavour: its image (signed for Secure
// Boot, or not), its modules, and its less common ones.
var partForm = regexp.MustCompile(`^linux-(image|image-unsigned|modules|modules-extra)-(\d+\.\d+\.\d+-\d+-(` + strings.Join(flavours, "|") + `))$`)

func isKernelPart(name string) bool { return partForm.MatchString(name) }

// parts are the packages of one kernel by what they are: "image", "modules".
type parts map[string]apt.Entry

// kernels returns the kernels among entries, oldest first. One that lacks a package it
// depends on is left out.
func kernels(q question, entries []apt.Entry) []kernel.Ref {
	byRelease := map[string]parts{}
	for _, e := range entries {
		m := partForm.FindStringSubmatch(e.Package)
		if m == nil {
			continue
		}
		if byRelease[m[2]] == nil {
			byRelease[m[2]] = parts{}
		}
		if old, there := byRelease[m[2]][m[1]]; !there || apt.CompareVersions(old.Version, e.Version) < 0 {
			byRelease[m[2]][m[1]] = e
		}
	}
	var refs []kernel.Ref
	for release, p := range byRelease {
		if ref, ok := p.kernel(q, release); ok {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, func(a, b kernel.Ref) int {
		return cmp.Or(a.Version.Compare(b.Version), apt.CompareVersions(a.Package().Version, b.Package().Version), cmp.Compare(a.Release, b.Release))
	})
	return refs
}

// kernel returns the kernel that the packages are, and whether all of it is there.
func (p parts) kernel(q question, release string) (kernel.Ref, bool) {
	image, ok := p["image"]
	if !ok {
		image, ok = p["image-unsigned"]
	}
	version, err := kernel.ParseVersion(image.Version)
	if !ok || err != nil {
		return kernel.Ref{}, false
	}
	flavour := release[strings.LastIndex(release, "-")+1:]
	ref := kernel.Ref{
		Source: kernel.Ubuntu, Track: q.nameOf(flavour, version.Series()), Flavour: flavour,
		Version: version, Release: release, Files: []kernel.File{image.File()},
	}
	for _, kind := range p.wanted(q, image, release) {
		part, there := p[kind]
		if !there {
			return ref, false
		}
		ref.Files = append(ref.Files, part.File())
	}
	return ref, !slices.ContainsFunc(ref.Files, func(f kernel.File) bool { return f.Check() != nil })
}

// wanted returns which packages belong to an image: before 4.15 it has its modules itself.
func (parts) wanted(q question, image apt.Entry, release string) []string {
	var kinds []string
	if strings.Contains(image.Depends, "linux-modules-"+release) {
		kinds = append(kinds, "modules")
	}
	if q.track != nil && q.track.extra {
		kinds = append(kinds, "modules-extra")
	}
	return kinds
}
