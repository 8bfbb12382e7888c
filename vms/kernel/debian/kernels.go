package debian

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apt"
)

// prefixes of the packages a kernel consists of.
var prefixes = []string{"linux-image-", "linux-binary-", "linux-modules-", "linux-base-"}

// isKept reports whether a package stays in the cache's copy of an index.
func isKept(name string) bool {
	return name == kernel.BusyboxPackage || slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// imageForms find kernels of a release, not the metapackages of a series, nor
// debug symbols, unsigned images and other flavours: real-time ones, those with large pages.
var imageForms = func() map[kernel.Arch]*regexp.Regexp {
	forms := map[kernel.Arch]*regexp.Regexp{}
	for _, a := range kernel.Arches() {
		forms[a] = regexp.MustCompile(`^linux-image-(\d+\.\d+(?:\.\d+|-rc\d+)[0-9A-Za-z.+~-]*?-(cloud-)?` + flavourOf(a) + `)$`)
	}
	return forms
}()

// flavourOf returns what Debian calls the generic kernel of an architecture.
func flavourOf(a kernel.Arch) string {
	if a == kernel.PPC64EL {
		return "powerpc64le"
	}
	return string(a)
}

// imageOf returns the release of the kernel that a package has the image of, and whether it
// is of the cloud flavour; ok is false for any other package.
func imageOf(arch kernel.Arch, name string) (release string, cloud, ok bool) {
	m := imageForms[arch.OrDefault()].FindStringSubmatch(name)
	if m == nil || strings.HasSuffix(m[1], "-rt-"+flavourOf(arch.OrDefault())) {
		return "", false, false
	}
	return m[1], m[2] != "", true
}

// packageID names one package of an index.
type packageID struct{ name, version string }

// kernels returns the suite's own kernels among entries, oldest first. One
// that lacks a package it depends on is left out.
func kernels(s suite, arch kernel.Arch, entries []apt.Entry, signer string) []kernel.Ref {
	index := map[packageID]apt.Entry{}
	for _, e := range entries {
		index[packageID{e.Package, e.Version}] = e
	}
	home := s.home()
	var refs []kernel.Ref
	for _, e := range entries {
		if ref, ok := kernelOf(s, arch, e, index); ok && home.Contains(ref.Version) {
			ref.Signer = signer
			refs = append(refs, ref)
		}
	}
	slices.SortStableFunc(refs, compareRefs)
	return refs
}

func kernelOf(s suite, arch kernel.Arch, e apt.Entry, index map[packageID]apt.Entry) (kernel.Ref, bool) {
	release, cloud, ok := imageOf(arch, e.Package)
	if !ok {
		return kernel.Ref{}, false
	}
	v, err := kernel.ParseVersion(e.Version)
	if err != nil {
		return kernel.Ref{}, false
	}
	flavour := kernel.Generic
	if cloud {
		flavour = kernel.Cloud
	}
	files, ok := parts(e, release, index)
	return kernel.Ref{Source: kernel.Debian, Suite: s.name, Flavour: flavour, Arch: arch.OrZero(), Version: v, Release: release, Files: files}, ok
}

// parts follows Depends to the packages that hold the rest of the kernel of a
// release. The package with the image comes first.
func parts(e apt.Entry, release string, index map[packageID]apt.Entry) ([]kernel.File, bool) {
	found := []apt.Entry{e}
	seen := map[string]bool{e.Package: true}
	for i := 0; i < len(found); i++ {
		for _, name := range ownParts(found[i].Depends, release) {
			part, ok := index[packageID{name, e.Version}]
			if !ok {
				return nil, false
			}
			if !seen[name] {
				seen[name] = true
				found = append(found, part)
			}
		}
	}
	slices.SortFunc(found, func(a, b apt.Entry) int { return cmp.Compare(rank(a.Package), rank(b.Package)) })
	return files(found)
}

// ownParts returns the packages of the same release that depends names.
func ownParts(depends, release string) []string {
	var names []string
	for relation := range strings.FieldsFuncSeq(depends, func(r rune) bool { return r == ',' || r == '|' }) {
		words := strings.Fields(relation)
		if len(words) > 0 && strings.HasSuffix(words[0], "-"+release) && rank(words[0]) < len(partOrder) {
			names = append(names, words[0])
		}
	}
	return names
}

// partOrder has the package first that carries the image where there is one.
var partOrder = []string{"linux-binary-", "linux-image-", "linux-modules-", "linux-base-"}

func rank(name string) int {
	for i, p := range partOrder {
		if strings.HasPrefix(name, p) {
			return i
		}
	}
	return len(partOrder)
}

func files(entries []apt.Entry) ([]kernel.File, bool) {
	list := make([]kernel.File, len(entries))
	for i, e := range entries {
		list[i] = e.File()
		if list[i].Check() != nil {
			return nil, false
		}
	}
	return list, true
}

// compareRefs orders by the package's version as dpkg does.
func compareRefs(a, b kernel.Ref) int {
	return cmp.Or(a.Version.Compare(b.Version), apt.CompareVersions(a.Package().Version, b.Package().Version))
}
