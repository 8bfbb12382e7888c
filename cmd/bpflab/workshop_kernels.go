package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// workshopKernels fetches kernels on demand: the first at once, and each other one when
// somebody compares with it. It implements workshop.Kernels.
type workshopKernels struct {
	names []string
	get   map[string]func(context.Context) (kernel.Image, error)
}

func (k *workshopKernels) Names() []string { return k.names }

// Image returns the kernel with a name, fetched if it is not in the cache. Concurrent
// callers wait for one download.
func (k *workshopKernels) Image(ctx context.Context, name string) (kernel.Image, error) {
	get := k.get[name]
	if get == nil {
		return kernel.Image{}, fmt.Errorf("this workshop has no kernel %q", name)
	}
	return get(ctx)
}

func newWorkshopKernels() *workshopKernels {
	return &workshopKernels{get: map[string]func(context.Context) (kernel.Image, error){}}
}

// add adds a kernel, unless there is one with its name.
func (k *workshopKernels) add(name string, get func(context.Context) (kernel.Image, error)) {
	if k.get[name] != nil {
		return
	}
	k.names = append(k.names, name)
	k.get[name] = get
}

// addImage adds a kernel that is in the cache or comes from the provider.
func (k *workshopKernels) addImage(image kernel.Image) {
	k.add(image.Selector, func(context.Context) (kernel.Image, error) { return image, nil })
}

// addRef adds a kernel of the catalogue.
func (k *workshopKernels) addRef(cat *catalogue.Catalogue, ref kernel.Ref) {
	var lock sync.Mutex
	var fetched kernel.Image
	k.add(ref.Label(), func(ctx context.Context) (kernel.Image, error) {
		lock.Lock()
		defer lock.Unlock()
		if fetched.SHA256 != "" {
			return fetched, nil
		}
		image, err := cat.Image(ctx, ref)
		if err == nil {
			image.Selector = ref.Label()
			fetched = image
		}
		return image, err
	})
}
