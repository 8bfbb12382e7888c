package kernel

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// LockSchema is the version of the lock file's layout.
const LockSchema = 1

// Lock holds the kernels that selectors resolve to: one Ref for each series and flavour of
// Debian's, and for each track of other sources, ordered by version; and the busyboxes of machines
// whose architecture is not every host's.
type Lock struct {
	Refs      []Ref
	Busyboxes []Busybox
}

const lockHeader = `# The kernels that selectors stand for, each by the digest of its packages.
# Written by "bpflab kernels lock"; see docs/kernels.md.
`

type lockFile struct {
	Schema  int           `yaml:"schema"`
	Kernels []lockEntry   `yaml:"kernels"`
	Busybox []lockBusybox `yaml:"busybox,omitempty"`
}

type lockEntry struct {
	Series   string        `yaml:"series"`
	Flavour  string        `yaml:"flavour"`
	Source   string        `yaml:"source"`
	Track    string        `yaml:"track,omitempty"`
	Arch     Arch          `yaml:"arch,omitempty"` // "" means AMD64
	Suite    string        `yaml:"suite"`
	Version  Version       `yaml:"version"`
	Release  string        `yaml:"release"`
	Signer   string        `yaml:"signer,omitempty"`
	Packages []lockPackage `yaml:"packages"`
}

type lockPackage struct {
	Name    string `yaml:"name"`
	Version string `yaml:"version"`
	Path    string `yaml:"path"`
	Size    int64  `yaml:"size"`
	SHA256  string `yaml:"sha256"`
}

// ParseLock reads a lock file. Unknown keys, a missing digest, a path that
// leaves the mirror and a series named twice are errors with their place; an
// empty text is an empty Lock.
func ParseLock(text []byte) (Lock, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return Lock{}, nil
	}
	var file lockFile
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.Strict()); err != nil {
		return Lock{}, fmt.Errorf("lock file: %w", err)
	}
	if file.Schema != LockSchema {
		return Lock{}, fmt.Errorf("lock file: schema %d is not %d; use the bpflab that wrote it, or write it anew with \"bpflab kernels lock\"", file.Schema, LockSchema)
	}
	var lock Lock
	for _, e := range file.Kernels {
		ref, err := e.ref()
		if err != nil {
			return Lock{}, fmt.Errorf("lock file: series %q: %w", e.Series, err)
		}
		if lock.has(ref) {
			return Lock{}, fmt.Errorf("lock file: series %q is there twice", ref.Label())
		}
		lock = lock.With(ref)
	}
	for _, e := range file.Busybox {
		b, err := e.busybox()
		if err != nil {
			return Lock{}, fmt.Errorf("lock file: busybox for %q: %w", e.Arch, err)
		}
		lock = lock.WithBusybox(b)
	}
	return lock, nil
}

// Text writes the lock file: the same bytes for the same Refs.
func (l Lock) Text() ([]byte, error) {
	file := lockFile{Schema: LockSchema, Kernels: []lockEntry{}}
	for _, r := range l.Refs {
		file.Kernels = append(file.Kernels, entryOf(r))
	}
	for _, b := range l.Busyboxes {
		f := b.File
		file.Busybox = append(file.Busybox, lockBusybox{b.Arch, b.Suite, lockPackage{f.Package, f.Version, f.Path, f.Size, f.SHA256}})
	}
	body, err := yaml.MarshalWithOptions(file, yaml.IndentSequence(true))
	if err != nil {
		return nil, fmt.Errorf("lock file: %w", err)
	}
	return append([]byte(lockHeader), body...), nil
}

// With returns a Lock in which ref stands for its series and flavour.
func (l Lock) With(ref Ref) Lock {
	ref.Selector = ""
	refs := slices.DeleteFunc(slices.Clone(l.Refs), func(r Ref) bool { return r.Label() == ref.Label() })
	refs = append(refs, ref)
	slices.SortFunc(refs, Ref.Compare)
	return Lock{refs, l.Busyboxes}
}

func (l Lock) has(ref Ref) bool {
	return slices.ContainsFunc(l.Refs, func(r Ref) bool { return r.Label() == ref.Label() })
}

func entryOf(r Ref) lockEntry {
	e := lockEntry{
		Series: r.Series(), Flavour: r.Flavour, Source: r.Source, Track: r.Track, Arch: r.Arch.OrZero(), Suite: r.Suite,
		Version: r.Version, Release: r.Release, Signer: r.Signer,
	}
	for _, f := range r.Files {
		e.Packages = append(e.Packages, lockPackage{f.Package, f.Version, f.Path, f.Size, f.SHA256})
	}
	return e
}

func (e lockEntry) ref() (Ref, error) {
	r := Ref{
		Source: e.Source, Track: e.Track, Arch: e.Arch.OrZero(), Suite: e.Suite, Flavour: e.Flavour,
		Version: e.Version, Release: e.Release, Signer: e.Signer,
	}
	for _, p := range e.Packages {
		r.Files = append(r.Files, File{p.Name, p.Version, p.Path, p.Size, p.SHA256})
	}
	return r, cmp.Or(e.check(), checkFiles(r.Files))
}

func (e lockEntry) check() error {
	switch {
	case e.Series != e.Version.Series():
		return fmt.Errorf("version %s is of another series", e.Version)
	case !CanPin(e.Source):
		return fmt.Errorf("source %q cannot be pinned", e.Source)
	case e.Source == Debian && e.Flavour != Cloud && e.Flavour != Generic:
		return fmt.Errorf("flavour %q is neither %s nor %s", e.Flavour, Cloud, Generic)
	case !slices.Contains(Arches(), e.Arch.OrDefault()):
		return fmt.Errorf("arch %q is none of %s; is the lock file from a newer bpflab?", e.Arch, joinArches(Arches()))
	case e.Source != Debian && e.Track == "":
		return fmt.Errorf("it names no track of %s", e.Source)
	case e.Signer != "" && !fingerprintForm.MatchString(e.Signer):
		return fmt.Errorf("signer %q is no fingerprint of a key", e.Signer)
	case len(e.Packages) == 0:
		return fmt.Errorf("names no packages")
	}
	return nil
}

// CanPin reports whether kernels of a source can be fetched elsewhere, and so be pinned.
func CanPin(source string) bool { return source != "" && source != Local && source != Host }

// fingerprintForm is a key's fingerprint as OpenPGP 4 to 6 have them.
var fingerprintForm = regexp.MustCompile(`^([0-9A-F]{40}|[0-9A-F]{64})$`)

var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// maxFile bounds the size of one package: the largest kernel package of a distribution,
// with debug symbols, is under 1 GiB.
const maxFile = 1 << 30

func checkFiles(files []File) error {
	for _, f := range files {
		if err := f.Check(); err != nil {
			return err
		}
	}
	return nil
}

// Check returns what is wrong with f: a digest or size that cannot be, or a path
// that leaves the mirror.
func (f File) Check() error {
	switch {
	case !digestForm.MatchString(f.SHA256):
		return fmt.Errorf("package %q: sha256 %q is not 64 hex digits", f.Package, f.SHA256)
	case f.Size <= 0 || f.Size > maxFile:
		return fmt.Errorf("package %q: size %d is not between 1 and %d bytes", f.Package, f.Size, maxFile)
	case f.Path != path.Clean(f.Path) || path.IsAbs(f.Path) || strings.HasPrefix(f.Path, "..") || strings.ContainsAny(f.Path, "?#%\\"):
		return fmt.Errorf("package %q: path %q is not a plain path below the mirror", f.Package, f.Path)
	}
	return nil
}
