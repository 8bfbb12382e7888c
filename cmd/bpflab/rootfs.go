package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/bundle"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
	"github.com/bpflab/bpflab/vms/kernel/debian"
	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/rootfs"
)

// rootfsFlag is the whole userland that --rootfs asks for, "" for none.
type rootfsFlag struct {
	text  string
	files map[string]string // cpio archives, by the digest of the kernel
}

// root returns the directory in a machine that the userland is in.
func (r rootfsFlag) root() string {
	if r.text == "" {
		return ""
	}
	return rootfs.Root
}

func (r rootfsFlag) environment() []string {
	if r.text == "" {
		return nil
	}
	return []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"}
}

// memory returns what a machine with the userland needs, in bytes: it holds the archive
// and what it unpacks to.
func (r rootfsFlag) memory(k kernel.Image) int64 {
	info, err := os.Stat(r.files[k.SHA256])
	if err != nil {
		return 0
	}
	const beside, step = 640 << 20, 256 << 20
	return (info.Size()*5/2 + beside + step - 1) / step * step
}

// make makes the userland for every kernel: Debian's headers differ.
func (r *rootfsFlag) make(ctx context.Context, std streams, f *machineFlags, env environment) error {
	if r.text == "" {
		return nil
	}
	caps, err := env.provider.Caps(ctx)
	if err != nil {
		return err
	}
	if caps.Kernels != vms.AnyKernel {
		return usageError{fmt.Errorf("--rootfs needs machines that bpflab boots itself, as those of --provider qemu are; those of %s have their userland", env.provider.Name())}
	}
	root, err := store.DefaultRoot()
	if err != nil {
		return err
	}
	r.files = map[string]string{}
	for i, k := range env.images {
		cache := rootfs.Cache{Dir: rootfsCache(root), Note: func(note string) {
			fmt.Fprintln(std.err, "bpflab:", note)
			env.images[i].Warning = strings.TrimPrefix(k.Warning+"; "+note, "; ")
		}}
		if r.files[k.SHA256], err = r.one(ctx, std, f, cache, k); err != nil {
			return err
		}
	}
	return nil
}

func (r *rootfsFlag) one(ctx context.Context, std streams, f *machineFlags, cache rootfs.Cache, k kernel.Image) (string, error) {
	if words, ok := strings.CutPrefix(r.text, "debian:"); ok {
		return r.debian(ctx, std, f, cache, k, strings.Split(words, "+"))
	}
	info, err := os.Stat(r.text)
	if err != nil {
		return "", usageError{fmt.Errorf("--rootfs %s: want a directory, a tar file, or debian:RELEASE+PACKAGE+...: %w", r.text, err)}
	}
	make := cache.FromTar
	if info.IsDir() {
		if err := ofArch(r.text, k); err != nil {
			return "", usageError{fmt.Errorf("--rootfs %s: %w", r.text, err)}
		}
		make = cache.FromDir
	}
	file, err := make(r.text)
	if err != nil {
		return "", usageError{fmt.Errorf("--rootfs: %w", err)}
	}
	return file, nil
}

// ofArch returns an error if the shell of a root file system is a program that the kernel cannot run.
// One that a link leads out of it is not looked at.
func ofArch(dir string, k kernel.Image) error {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	shell, err := filepath.EvalSymlinks(filepath.Join(root, "bin/sh"))
	if err != nil || !strings.HasPrefix(shell, root+"/") {
		return nil
	}
	return bundle.CheckArch(shell, []kernel.Image{k})
}

// headers stands for the headers of the machine's kernel.
const headers = "linux-headers"

func (r *rootfsFlag) debian(ctx context.Context, std streams, f *machineFlags, cache rootfs.Cache, k kernel.Image, words []string) (string, error) {
	release, wanted := words[0], slices.Clone(words[1:])
	if !slices.Contains(debian.Suites(), release) {
		return "", usageError{fmt.Errorf("--rootfs %s: no Debian release %q; there is %s", r.text, release, strings.Join(debian.Suites(), ", "))}
	}
	for i, name := range wanted {
		if name == headers {
			wanted[i] = headers + "-" + k.Uname()
		}
	}
	request := release + k.Arch.Suffix() + "+" + strings.Join(wanted, "+")
	if file, ok := cache.Known(request); ok {
		return file, nil
	}
	cat, err := openCatalogue(std.downloads(), f.origin, f.locked)
	if err != nil {
		return "", err
	}
	file, err := r.fromCatalogue(ctx, cat, cache, release, k.Arch, wanted)
	if errors.As(err, new(*debian.PackageError)) || errors.As(err, new(*debian.ArchError)) {
		return "", usageError{fmt.Errorf("--rootfs %s, for kernel %s: %w", r.text, k.Selector, err)}
	}
	if err == nil {
		cache.Remember(request, file)
	}
	return file, err
}

func (r *rootfsFlag) fromCatalogue(ctx context.Context, cat *catalogue.Catalogue, cache rootfs.Cache, release string, arch kernel.Arch, wanted []string) (string, error) {
	plan, fetch, err := cat.Rootfs(ctx, release, arch, wanted)
	if err != nil {
		return "", err
	}
	return cache.FromDebs(ctx, plan.Digests(), fetch)
}
