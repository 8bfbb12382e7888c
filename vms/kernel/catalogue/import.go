package catalogue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/local"
	"github.com/bpflab/bpflab/vms/kernel/unpack"
)

// Import says what to take in.
type Import struct {
	Path    string // of a bzImage, a vmlinux or a .deb, or of a tree in which a kernel was built
	Modules string // lib/modules/RELEASE or a directory that holds it; "" for none
	Name    string // of the selector local:NAME; "" means the release
	Replace bool   // what had the name before is removed from the cache

	Arch kernel.Arch // that it must be of; "" for any
}

// checkArch returns an error if the kernel is not of the architecture that was asked for.
func (i Import) checkArch(found local.Kernel) error {
	if i.Arch != "" && !found.Arch.Is(i.Arch) {
		return &local.Error{Path: found.Path, Err: fmt.Errorf("a kernel (%s) for %s, not for %s", found.Kind, found.Arch.OrDefault(), i.Arch)}
	}
	return nil
}

// Import copies a kernel into the store and returns its Ref, which stays until
// another is imported under its name. Errors in what is asked for are
// *local.Error.
func (c *Catalogue) Import(ctx context.Context, what Import) (kernel.Ref, error) {
	before := c.store.Imports()
	ref, err := c.importOne(ctx, what)
	if err != nil || !what.Replace {
		return ref, err
	}
	for _, old := range before {
		if old.Name == ref.Name {
			err = errors.Join(err, c.dropOld(ctx, old, ref))
		}
	}
	return ref, err
}

func (c *Catalogue) importOne(ctx context.Context, what Import) (kernel.Ref, error) {
	if local.IsTree(what.Path) {
		return c.importTree(ctx, what)
	}
	found, err := local.Look(what.Path)
	if err != nil {
		return kernel.Ref{}, err
	}
	if err := what.checkArch(found); err != nil {
		return kernel.Ref{}, err
	}
	name, err := importName(what, found)
	if err != nil {
		return kernel.Ref{}, err
	}
	blob, err := c.store.AddBlob(ctx, what.Path)
	if err != nil {
		return kernel.Ref{}, err
	}
	blob.Package, blob.Version = found.Package, found.PkgVer
	ref := kernel.Ref{
		Selector: "local:" + name, Source: kernel.Local, Name: name,
		Arch: found.Arch, Version: found.Version, Release: found.Release, Files: []kernel.File{blob},
	}
	return c.admit(ctx, ref, found, what.Modules)
}

// admit unpacks the import and gives it its name.
func (c *Catalogue) admit(ctx context.Context, ref kernel.Ref, found local.Kernel, modules string) (kernel.Ref, error) {
	ref, fill, err := c.importPlan(ctx, ref, found, modules)
	if err != nil {
		return ref, err
	}
	if _, err := c.store.Build(ctx, ref.ID(), fill); err != nil {
		return ref, fmt.Errorf("%s: %w", found.Path, err)
	}
	return ref, c.store.SaveImport(ctx, ref)
}

// importPlan adds the digest of the modules to ref, so that a kernel with and
// one without them are two, and says how to lay it out.
func (c *Catalogue) importPlan(ctx context.Context, ref kernel.Ref, found local.Kernel, modules string) (kernel.Ref, func(string) (kernel.Image, error), error) {
	kernelFile := c.store.BlobPath(ref.Package())
	if found.Kind == local.Deb {
		if modules != "" {
			return ref, nil, &local.Error{Path: modules, Err: errors.New("a .deb brings its own modules; leave out --modules")}
		}
		return ref, func(dir string) (kernel.Image, error) { return unpack.Packages(ctx, []string{kernelFile}, dir) }, nil
	}
	if modules == "" {
		return ref, func(dir string) (kernel.Image, error) { return unpack.Files(ctx, kernelFile, "", dir) }, nil
	}
	tree, err := local.Modules(modules, found.Release)
	if err != nil {
		return ref, nil, err
	}
	file, err := c.store.TreeFile(ctx, tree)
	if err != nil {
		return ref, nil, &local.Error{Path: tree, Err: err}
	}
	ref.Files = append(ref.Files, file)
	return ref, func(dir string) (kernel.Image, error) { return unpack.Files(ctx, kernelFile, tree, dir) }, nil
}

// fillImport lays an import out again whose image is gone. The kernel is
// still in the store; modules that were given with it are not.
func (c *Catalogue) fillImport(ctx context.Context, ref kernel.Ref, dir string) (kernel.Image, error) {
	if len(ref.Files) > 1 && ref.Files[1].Package == local.TreePackage {
		return c.fillTree(ctx, ref, dir)
	}
	if len(ref.Files) > 1 {
		return kernel.Image{}, fmt.Errorf("it is damaged or gone from the cache; import it again with its modules (bpflab kernels import PATH --modules DIR --name %s)", ref.Name)
	}
	if err := c.store.CheckBlob(ref.Package()); err != nil {
		return kernel.Image{}, fmt.Errorf("it is damaged or gone from the cache; import it again: %w", err)
	}
	kernelFile := c.store.BlobPath(ref.Package())
	found, err := local.Look(kernelFile)
	if err != nil {
		return kernel.Image{}, fmt.Errorf("it is damaged or gone from the cache; import it again: %w", err)
	}
	if found.Kind == local.Deb {
		return unpack.Packages(ctx, []string{kernelFile}, dir)
	}
	return unpack.Files(ctx, kernelFile, "", dir)
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9._+-]+`)

func importName(what Import, found local.Kernel) (string, error) {
	name := cmp.Or(what.Name, notInName.ReplaceAllString(found.Release, "-"))
	if !kernel.ValidName(name) {
		return "", &local.Error{Path: "--name " + name, Err: errors.New("no name for a kernel: use letters, digits and ._+-, at most 64")}
	}
	return name, nil
}

// Forget removes the name of an import. One that is not there is a
// *kernel.SelectorError.
func (c *Catalogue) Forget(name string) error {
	imports := c.store.Imports()
	if !slices.ContainsFunc(imports, func(r kernel.Ref) bool { return r.Name == name }) {
		return &kernel.SelectorError{Selector: "local:" + name, Problem: "is not imported here", Known: kernel.Labels(imports)}
	}
	return c.store.RemoveImport(name)
}
