package kernel

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
)

// Image is one kernel on disk, ready to boot: the result of resolving a
// selector and fetching what it named. All paths are absolute and read-only
// (they are in the content-addressed store).
type Image struct {
	Selector string  // as asked for
	Series   string  // "6.1", "7.3+jit=off"; the name shown in tables
	Arch     Arch    `json:",omitempty"` // "" means AMD64
	Variant  Variant `json:",omitempty"` // in what it differs from how it is usually booted
	Source   string  // "debian", "ubuntu", "local"
	Track    string  // of the source, as Ref has it
	Suite    string  // of the distribution, as Ref has it
	Signer   string  // fingerprint of the key that vouches for the packages, or ""
	Release  string  // uname -r as the package promises it; "" where only a boot can show it
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

	Keeper Keeper `json:"-"` // checks the files and makes them again; nil where that is impossible
}

// Keeper keeps the files of one image on disk.
type Keeper interface {
	// Check reads files of the image, and all files below directories, and returns a
	// *cache.DamagedError unless they are what was unpacked. A file that does not
	// change is read once in a process.
	Check(ctx context.Context, paths ...string) error
	// Renew makes an image in which Check found damage again and returns it.
	Renew(ctx context.Context, damage error) (Image, error)
}

// Check calls the Keeper's; without one, all is taken as it is. Empty paths are left out.
func (i Image) Check(ctx context.Context, paths ...string) error {
	paths = slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return p == "" })
	if i.Keeper == nil || len(paths) == 0 {
		return nil
	}
	return i.Keeper.Check(ctx, paths...)
}

// Renew calls the Keeper's; without one, the error is the damage.
func (i Image) Renew(ctx context.Context, damage error) (Image, error) {
	if i.Keeper == nil {
		return i, damage
	}
	return i.Keeper.Renew(ctx, damage)
}

// Sound returns the image after all its files were read and checked, and made again if
// one is damaged; note then says so.
func (i Image) Sound(ctx context.Context) (sound Image, note string, err error) {
	damage := i.Check(ctx, i.Kernel, i.Vmlinux, i.Modules, i.Config)
	if damage == nil || ctx.Err() != nil {
		return i, "", ctx.Err()
	}
	sound, err = i.Renew(ctx, damage)
	return sound, cmp.Or(sound.Warning, damage.Error()), err
}

// Uname returns what the kernel calls itself, as the directory of its modules has it, or
// its package; "" where only a boot can show it.
func (i Image) Uname() string {
	if i.Modules != "" {
		return filepath.Base(i.Modules)
	}
	return i.Release
}

// nolock is the first kernel whose allocator gives BPF memory without locks, as its
// arenas need, only where the CPU has cmpxchg16b (kmalloc_nolock in mm/slub.c).
var nolock = Version{Major: 6, Minor: 18}

// NeedsCX16 reports whether the kernel lacks features on a CPU without cmpxchg16b.
func (i Image) NeedsCX16() bool { return i.Version.Compare(nolock) >= 0 }
