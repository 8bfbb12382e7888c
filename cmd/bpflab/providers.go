package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/qemu"
)

// providers makes each provider from the root of the cache.
var providers = map[string]func(cache string) vms.Provider{
	"qemu": func(cache string) vms.Provider {
		return qemu.New(qemu.Options{Cache: qemuCache(cache)})
	},
}

func providerNames() []string { return slices.Sorted(maps.Keys(providers)) }

func newProvider(name string) (vms.Provider, error) {
	make := providers[name]
	if make == nil {
		return nil, usageError{fmt.Errorf("no provider %q; there is %s", name, strings.Join(providerNames(), ", "))}
	}
	cache, err := store.DefaultRoot()
	if err != nil {
		return nil, err
	}
	return make(cache), nil
}
