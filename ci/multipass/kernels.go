//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// image is an image of multipass's and what stands in for it.
type image struct {
	release string
	aliases []string
	kernel  string // selector of bpflab's catalogue
}

var images = []image{
	{"18.04", []string{"bionic"}, "5.10"},
	{"20.04", []string{"focal"}, "5.10"},
	{"22.04", []string{"jammy"}, "6.1"},
	{"24.04", []string{"noble", "lts", "default"}, "6.12"},
}

// hweKernel stands in for the kernels of Ubuntu's hardware enablement stacks.
const hweKernel = "latest"

// kernelOf returns the selector of the kernel that stands in for an image's. The
// error is multipass's for an image that it does not have.
func kernelOf(name string) (string, error) {
	if path, ok := strings.CutPrefix(name, "file://"); ok {
		if _, err := os.Stat(path); err != nil {
			return "", refuse("Custom image `%s` does not exist.", path)
		}
		return "6.1", nil
	}
	for _, i := range images {
		for _, alias := range append(i.aliases, i.release) {
			if name == alias {
				return i.kernel, nil
			}
		}
	}
	return "", refuse("Unable to find an image matching %q in remote %q.", name, "release")
}

// fetch gets the kernel of a selector, from bpflab's cache if it is there.
func fetch(ctx context.Context, selector string) (kernel.Image, error) {
	kernels, err := catalogue.Open(catalogue.Options{Lock: vms.KernelsLock})
	if err != nil {
		return kernel.Image{}, err
	}
	refs, err := kernels.Resolve(ctx, []string{selector})
	if err != nil {
		return kernel.Image{}, err
	}
	return kernels.Image(ctx, refs[0])
}

// packages lists what can be installed in a guest, a line for each: the name of
// a package, or mainline and a version, and the release of the kernel it
// brings.
func packages() (string, error) {
	kernels, err := catalogue.Open(catalogue.Options{Lock: vms.KernelsLock})
	if err != nil {
		return "", err
	}
	refs, err := kernels.List()
	if err != nil {
		return "", err
	}
	newest, err := kernels.Resolve(context.Background(), []string{hweKernel})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, i := range images {
		fmt.Fprintf(&b, "linux-image-generic-hwe-%s %s\n", i.release, newest[0].Release)
	}
	for _, ref := range refs {
		fmt.Fprintf(&b, "linux-image-%s %[1]s\nmainline-%s %[1]s\n", ref.Release, ref.Version.Series())
	}
	return b.String(), nil
}
