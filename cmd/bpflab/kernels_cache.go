package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/bpflab/bpflab/harness/agent"
	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/initramfs"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
	"github.com/bpflab/bpflab/vms/rootfs"
)

// The directories of the cache besides those of the kernels.
func objectCache(root string) string { return filepath.Join(root, "objects") }
func qemuCache(root string) string   { return filepath.Join(root, "qemu") }
func lxdCache(root string) string    { return filepath.Join(root, "lxd") }
func agentCache(root string) string  { return filepath.Join(root, "agent") }
func rootfsCache(root string) string { return filepath.Join(root, "userland") }

// compiler returns the options of a compiler whose objects are kept in the cache.
func compiler(root string) build.Options {
	return build.Options{Cache: objectCache(root), Record: filepath.Join(root, "clang.json")}
}

// stock is what the cache has of one kind of file.
type stock struct {
	name  string          // of the kind, in the plural
	found []cache.Finding // damaged, or useless
	sound int
}

// takeStock reads all that is in the cache besides kernels and packages.
func takeStock(root string) []stock {
	archives := stock{name: "initramfs archives"}
	for _, dir := range []string{qemuCache(root), lxdCache(root)} {
		bad, sound := initramfs.NewCache(dir).Verify()
		archives.found, archives.sound = append(archives.found, bad...), archives.sound+sound
	}
	all := []stock{archives, {name: "--rootfs archives"}, {name: "objects"}, {name: "templates"}, {name: "guest agents"}, {name: "busyboxes"}}
	all[1].found, all[1].sound = rootfs.Cache{Dir: rootfsCache(root)}.Verify()
	all[2].found, all[2].sound = build.Verify(objectCache(root))
	all[3].found, all[3].sound = verifyTemplates(root)
	all[4].found, all[4].sound = agent.Verify(agentCache(root))
	all[5].found, all[5].sound = catalogue.Busyboxes(root).Verify()
	return all
}

// print prints a line for each damaged file, which it removes, and one for the others. It
// reports whether there was a damaged one.
func (s stock) print(out io.Writer) (damaged bool, err error) {
	var errs []error
	for _, f := range s.found {
		switch {
		case errors.Is(f.Err, cache.ErrNoSum):
			fmt.Fprintf(out, "%s\tremoved, made again when needed: %s: %v\n", f.Kind, f.Path, cache.ErrNoSum)
		case f.Err != nil:
			damaged = true
			fmt.Fprintf(out, "%s\tdamaged, removed, made again when needed: %v\n", f.Kind, f.Err)
		} // the others are of no use, which is not worth a word
		errs = append(errs, cache.Remove(f.Path))
	}
	if s.sound > 0 {
		fmt.Fprintf(out, "%s\tok\t%d\n", s.name, s.sound)
	}
	return damaged, errors.Join(errs...)
}

// pruneCache removes what is damaged and what nothing leads to, and all archives that
// machines boot from: they are made again in a second. Templates were removed before.
func pruneCache(root string, everything bool) error {
	var errs []error
	for _, s := range takeStock(root) {
		for _, f := range s.found {
			errs = append(errs, cache.Remove(f.Path))
		}
	}
	now := time.Now()
	for _, dir := range []string{qemuCache(root), lxdCache(root)} {
		errs = append(errs, initramfs.NewCache(dir).Prune(now))
	}
	errs = append(errs, agent.Prune(agentCache(root), time.Minute, now), catalogue.Busyboxes(root).Prune(time.Minute, now))
	roots := rootfs.Cache{Dir: rootfsCache(root)}
	errs = append(errs, roots.Prune(now, everything))
	for _, dir := range []string{"keys", "objects"} {
		cache.Sweep(filepath.Join(objectCache(root), dir), now)
	}
	return errors.Join(errs...)
}
