package kernel

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Image is one kernel on disk, ready to boot: the result of resolving a
// selector and fetching what it named. All paths are absolute and read-only
// (they lie in the content-addressed store).
type Image struct {
	Selector string  // as asked for
	Series   string  // "6.1", "7.3"; the name shown in tables
	Source   string  // "debian", "local"
	Release  string  // uname -r as the package promises it; "" where only a boot can tell
	Version  Version // upstream version, e.g. 6.1.192
	Package  string  // package that carries the kernel image
	PkgVer   string  // its version
	SHA256   string  // hex digest of that package, or of the imported file

	Kernel  string // vmlinuz/bzImage, or "" if only Vmlinux is there
	Vmlinux string // uncompressed ELF extracted from it, "" if not extracted
	PVH     bool   // Vmlinux carries the PVH entry note (XEN_ELFNOTE_PHYS32_ENTRY) QEMU can boot
	Modules string // the directory lib/modules/RELEASE, or ""
	Config  string // the kernel's .config, or ""

	Warning string // e.g. "pinned 6.1.170-3 has left its mirror, using 6.1.192-2"
}

// Uname is what the kernel calls itself, as the directory of its modules has it, or
// its package; "" where only a boot can tell.
func (i Image) Uname() string {
	if i.Modules != "" {
		return filepath.Base(i.Modules)
	}
	return i.Release
}

// LSMParameter is what the kernel's command line needs for a security module to be
// active besides those that it was built to have, "lsm=yama,bpf"; "" where it is among
// those, or they are not known.
func (i Image) LSMParameter(name string) string {
	if name == "" || i.Config == "" {
		return ""
	}
	config, err := os.ReadFile(i.Config)
	if err != nil {
		return ""
	}
	m := builtLSMs.FindSubmatch(config)
	if m == nil || slices.Contains(strings.Split(string(m[1]), ","), name) {
		return ""
	}
	return "lsm=" + strings.TrimPrefix(string(m[1])+","+name, ",")
}

var builtLSMs = regexp.MustCompile(`(?m)^CONFIG_LSM="([^"]*)"$`)

// nolock is the first kernel whose allocator gives BPF memory without locks, as its
// arenas need, only where the CPU has cmpxchg16b (kmalloc_nolock in mm/slub.c).
var nolock = Version{Major: 6, Minor: 18}

// NeedsCX16 tells that the kernel does less on a CPU without cmpxchg16b.
func (i Image) NeedsCX16() bool { return i.Version.Compare(nolock) >= 0 }
