package main

import (
	"errors"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/qemu"
	"github.com/bpflab/bpflab/vms/template"
)

func templateStore() (*template.Store, error) {
	root, err := store.DefaultRoot()
	if err != nil {
		return nil, err
	}
	return qemu.Templates(qemuCache(root)), nil
}

// templateUse is how many templates a kernel has, and what they take of the
// disk in bytes.
type templateUse struct {
	count int
	disk  int64
}

// templatesByKernel returns how many templates each kernel has and what they take of the
// disk, by the kernels' digests.
func templatesByKernel() (map[string]templateUse, error) {
	store, err := templateStore()
	if err != nil {
		return nil, err
	}
	all, err := store.List()
	if err != nil {
		return nil, err
	}
	use := map[string]templateUse{}
	for _, t := range all {
		u := use[t.About.KernelSHA256]
		use[t.About.KernelSHA256] = templateUse{u.count + 1, u.disk + t.Disk}
	}
	return use, nil
}

// verifyTemplates reads every template and returns those that are damaged, and how many
// are sound.
func verifyTemplates(root string) ([]cache.Finding, int) {
	return qemu.Templates(qemuCache(root)).Verify()
}

// pruneTemplates removes the templates of kernels with these digests, all where of is nil, and
// returns what they took, in bytes.
func pruneTemplates(of map[string]bool) (freed int64, err error) {
	store, err := templateStore()
	if err != nil {
		return 0, err
	}
	if of == nil {
		return store.Prune()
	}
	all, err := store.List()
	for _, t := range all {
		if of[t.About.KernelSHA256] {
			err = errors.Join(err, store.Drop(t.Key))
			freed += t.Disk
		}
	}
	return freed, err
}
