package rpmrepo

import (
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/repomd"
)

// architecture of the kernels that are wanted.
const architecture = "x86_64"

// kernels returns those that the packages of a repository make. One that lacks a required
// package is left out.
func kernels(source, track string, r release, repo repository, found place, packages []repomd.Package) ([]kernel.Ref, error) {
	byVersion := map[string]map[string]repomd.Package{}
	var versions []string
	for _, p := range packages {
		if p.Arch != architecture {
			continue
		}
		if byVersion[p.EVR()] == nil {
			byVersion[p.EVR()] = map[string]repomd.Package{}
			versions = append(versions, p.EVR())
		}
		byVersion[p.EVR()][p.Name] = p
	}
	var refs []kernel.Ref
	for _, version := range versions {
		files, ok := r.files(byVersion[version])
		if !ok {
			continue
		}
		ref, err := refOf(files, found)
		if err != nil {
			return nil, err
		}
		if ref.Version.IsZero() {
			continue
		}
		ref.Source, ref.Track, ref.Suite = source, track, repo.name
		ref.Release = r.uname(files[0])
		refs = append(refs, ref)
	}
	return refs, nil
}

// uname returns what uname -r says of the kernel in a package: its version, release and
// architecture. SUSE's release ends in a number that counts rebuilds, which the kernel does not
// have, and then comes the flavour (package 6.4.0-150600.23.17.1, kernel
// 6.4.0-150600.23.17-default).
func (r release) uname(p repomd.Package) string {
	if r.flavour == "" {
		return p.Version + "-" + p.Release + "." + architecture
	}
	release := p.Release
	if i := strings.LastIndexByte(release, '.'); i > 0 {
		release = release[:i]
	}
	return p.Version + "-" + release + "-" + r.flavour
}

// files returns the packages of one version that make a kernel, the image's first.
func (r release) files(packages map[string]repomd.Package) ([]repomd.Package, bool) {
	var files []repomd.Package
	for _, name := range r.images {
		if p, ok := packages[name]; ok {
			files = append(files, p)
			break
		}
	}
	if len(files) == 0 {
		return nil, false
	}
	for _, name := range r.parts {
		p, ok := packages[name]
		if ok {
			files = append(files, p)
		}
		if !ok && name == r.required {
			return nil, false
		}
	}
	return files, true
}

// refOf returns a Ref of the packages; its version is zero if that of the packages is none of
// a kernel.
func refOf(packages []repomd.Package, found place) (kernel.Ref, error) {
	ref := kernel.Ref{Signer: found.signer}
	for _, p := range packages {
		path, err := p.File.Below(found.path)
		if err != nil {
			return ref, err
		}
		file := kernel.File{Package: p.Name, Version: p.EVR(), Path: path, Size: p.File.Size, SHA256: p.File.SHA256}
		if err := file.Check(); err != nil {
			return ref, err
		}
		ref.Files = append(ref.Files, file)
	}
	ref.Version, _ = kernel.ParseVersion(packages[0].Version)
	return ref, nil
}
