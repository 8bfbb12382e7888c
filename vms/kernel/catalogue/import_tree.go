package catalogue

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/local"
	"github.com/bpflab/bpflab/vms/kernel/unpack"
)

// importTree takes in what was built in a tree: image, configuration and modules.
func (c *Catalogue) importTree(ctx context.Context, what Import) (kernel.Ref, error) {
	if what.Modules != "" {
		return kernel.Ref{}, &local.Error{Path: what.Modules, Err: errors.New("a tree brings its own modules; leave out --modules")}
	}
	tree, err := local.LookTree(what.Path)
	if err != nil {
		return kernel.Ref{}, err
	}
	if err := what.checkArch(tree.Kernel); err != nil {
		return kernel.Ref{}, err
	}
	name, err := importName(what, tree.Kernel)
	if err != nil {
		return kernel.Ref{}, err
	}
	blob, err := c.store.AddBlob(ctx, tree.Kernel.Path)
	if err != nil {
		return kernel.Ref{}, err
	}
	sum, err := tree.Sum()
	if err != nil {
		return kernel.Ref{}, &local.Error{Path: what.Path, Err: err}
	}
	ref := kernel.Ref{
		Selector: "local:" + name, Source: kernel.Local, Name: name,
		Arch: tree.Kernel.Arch, Version: tree.Kernel.Version, Release: tree.Kernel.Release, Files: []kernel.File{blob, sum},
	}
	if _, err := c.store.Build(ctx, ref.ID(), c.treeFiller(ctx, ref, tree)); err != nil {
		return ref, fmt.Errorf("%s: %w", what.Path, err)
	}
	return ref, c.store.SaveImport(ctx, ref)
}

// treeFiller returns what lays out the kernel of a tree, of which the image is in the store.
func (c *Catalogue) treeFiller(ctx context.Context, ref kernel.Ref, tree local.Tree) func(string) (kernel.Image, error) {
	files := map[string]string{}
	for _, m := range tree.Modules {
		files[m.Name] = m.File
	}
	return func(dir string) (kernel.Image, error) {
		return unpack.Tree(ctx, c.store.BlobPath(ref.Package()), tree.Config, tree.Kernel.Release, files, dir)
	}
}

// fillTree lays the kernel of a tree out again, if the tree is still the same.
func (c *Catalogue) fillTree(ctx context.Context, ref kernel.Ref, dir string) (kernel.Image, error) {
	was := ref.Files[1]
	gone := fmt.Errorf("it is damaged or gone from the cache, and %s has changed since: import it again (bpflab kernels import %[1]s --name %s)", was.Path, ref.Name)
	tree, err := local.LookTree(was.Path)
	if err != nil {
		return kernel.Image{}, errors.Join(gone, err)
	}
	sum, err := tree.Sum()
	if err != nil || sum.SHA256 != was.SHA256 || c.store.CheckBlob(ref.Package()) != nil {
		return kernel.Image{}, errors.Join(gone, err)
	}
	return c.treeFiller(ctx, ref, tree)(dir)
}

// dropOld removes the image of an import that another one has replaced, unless one of
// another name is the same.
func (c *Catalogue) dropOld(ctx context.Context, old, now kernel.Ref) error {
	all := append(c.known(), now)
	if slices.ContainsFunc(all, func(r kernel.Ref) bool { return r.ID() == old.ID() }) {
		return nil
	}
	err := c.store.RemoveImage(ctx, old.ID())
	if owner(all, old.Package().SHA256).Files == nil {
		err = errors.Join(err, c.store.Drop(old.Package()))
	}
	return err
}
