package kernel

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Flavours of Debian's kernels; other sources have others.
const (
	Cloud   = "cloud"   // small, for virtual machines; the default
	Generic = "generic" // with drivers for real hardware
)

// Ref is a kernel that a source knows, fetched or not.
type Ref struct {
	Selector string  `json:"selector,omitempty"` // as asked for; set by Select
	Source   string  `json:"source"`
	Track    string  `json:"track,omitempty"`   // of the source: "22.04/aws"; "" for Debian's series and local imports
	Suite    string  `json:"suite,omitempty"`   // of the distribution that has it
	Name     string  `json:"name,omitempty"`    // of a local import
	Flavour  string  `json:"flavour,omitempty"` // Cloud or Generic, or the vendor's word; "" for a local import
	Arch     Arch    `json:"arch,omitempty"`    // "" means AMD64
	Version  Version `json:"version"`           // upstream
	Release  string  `json:"release"`           // what uname -r will say; "" if only a boot can show it
	Variant  Variant `json:"variant,omitempty"` // in what it differs from how it is usually booted; set by Select
	Files    []File  `json:"files"`             // at least one; the first carries the kernel image
	Signer   string  `json:"signer,omitempty"`  // fingerprint of the key that vouches for Files; "" if there is none, or an older bpflab pinned it
}

// File is one package or imported file.
type File struct {
	Package string `json:"package"`           // its name
	Version string `json:"version,omitempty"` // of the package
	Path    string `json:"path"`              // on the mirror, relative to the mirror's root
	Size    int64  `json:"size"`              // bytes
	SHA256  string `json:"sha256"`            // hex
}

// Package returns the package that carries the kernel image.
func (r Ref) Package() File {
	if len(r.Files) == 0 {
		return File{}
	}
	return r.Files[0]
}

// Series returns the upstream series: "6.1".
func (r Ref) Series() string { return r.Version.Series() }

// Label returns the short name shown in tables, and a selector of this kernel or
// of its series or track: "6.1", "6.1/generic", "ubuntu/22.04/aws", "local:mine",
// "6.12/arm64", "6.1+jit=off".
func (r Ref) Label() string { return r.plainLabel() + r.Arch.Suffix() + r.Variant.Suffix() }

// plainLabel returns the label without architecture and variant.
func (r Ref) plainLabel() string {
	switch {
	case r.Source == Local:
		return "local:" + r.Name
	case r.Track != "" || r.Source == Host:
		return TrackSelector(r.Source, r.Track)
	case r.Flavour == Generic && r.Arch.hasCloud():
		return r.Series() + "/" + Generic
	}
	return r.Series()
}

// Size returns the size of all files, in bytes.
func (r Ref) Size() int64 {
	var sum int64
	for _, f := range r.Files {
		sum += f.Size
	}
	return sum
}

// ID returns a digest over the digests of all files: two Refs with one ID are the
// same kernel, wherever it came from.
func (r Ref) ID() string {
	h := sha256.New()
	for _, f := range r.Files {
		fmt.Fprintln(h, f.SHA256)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Compare orders by version, then source, track, architecture, flavour and name, for lists.
func (r Ref) Compare(s Ref) int {
	return cmp.Or(
		r.Version.Compare(s.Version),
		cmp.Compare(sourceRank(r.Source), sourceRank(s.Source)),
		cmp.Compare(r.Track, s.Track),
		cmp.Compare(r.Arch.rank(), s.Arch.rank()),
		cmp.Compare(r.Flavour, s.Flavour),
		cmp.Compare(r.Name, s.Name),
	)
}
