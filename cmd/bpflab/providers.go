package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/host"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/lxd"
	"github.com/bpflab/bpflab/vms/multipass"
)

// providerFlags say what runs the machines.
type providerFlags struct {
	name    string // NAME or NAME:ARGUMENT
	accel   string // of QEMU's machines; "" is what the environment says
	target  string
	consent bool
	own     bool   // start every machine, and borrow none from a standby
	standby string // directory of the standby to ask, "" for the user's
}

// accelerators are the values of --accel.
var accelerators = []string{"auto", "kvm", "tcg"}

// defineAccel defines the flag of every verb that starts machines.
func (f *providerFlags) defineAccel(flags *pflag.FlagSet) {
	flags.StringVar(&f.accel, "accel", "", "how QEMU runs machines: kvm, tcg, or auto, which tries KVM (default: $BPFLAB_ACCEL, else auto)")
}

// defineStandby defines the flag of every verb that may borrow machines.
func (f *providerFlags) defineStandby(flags *pflag.FlagSet) {
	flags.BoolVar(&f.own, "no-standby", false, "take no machine from a standby, and begin none")
}

// where is what a provider is made from.
type where struct {
	cache  string // the root of the user's cache
	at     string // what follows the colon of --provider
	target string
	accel  string
	own    bool

	standby string // as providerFlags has it
}

// maker makes a provider.
type maker struct {
	takes string // what may follow the colon of --provider, "" if nothing
	make  func(where) (vms.Provider, error)
}

// providers makes each provider of this system's.
var providers = withQEMU(map[string]maker{
	"lxd":           {"REMOTE", func(w where) (vms.Provider, error) { return newLXD(w, false), nil }},
	"lxd-container": {"REMOTE", func(w where) (vms.Provider, error) { return newLXD(w, true), nil }},
	"host":          {"", func(where) (vms.Provider, error) { return host.New(), nil }},
	"multipass": {"", func(w where) (vms.Provider, error) {
		return multipass.New(multipass.Options{Cache: filepath.Join(w.cache, "multipass")}), nil
	}},
})

// newLXD makes both providers of LXD. BPFLAB_LXD_PROJECT is for who may not make
// projects.
func newLXD(w where, containers bool) *lxd.Provider {
	return lxd.New(lxd.Options{
		Remote: w.at, Target: w.target, Containers: containers,
		Cache: lxdCache(w.cache), Project: os.Getenv("BPFLAB_LXD_PROJECT"),
	})
}

func providerNames() []string { return slices.Sorted(maps.Keys(providers)) }

func (f providerFlags) open() (vms.Provider, error) {
	name, at, _ := strings.Cut(f.name, ":")
	p, ok := providers[name]
	switch {
	case !ok:
		return nil, usageError{fmt.Errorf("no provider %q; %sthere is %s", name, didYouMean(name, providerNames()), strings.Join(providerNames(), ", "))}
	case at != "" && p.takes == "":
		return nil, usageError{fmt.Errorf("--provider %s takes nothing after a colon, not %q", name, at)}
	case f.target != "" && !strings.HasPrefix(name, "lxd"):
		return nil, usageError{fmt.Errorf("--target is for members of an LXD cluster, and the provider is %s", name)}
	}
	if f.accel != "" && name != "qemu" {
		return nil, usageError{fmt.Errorf("--accel is for QEMU's machines, and the provider is %s", name)}
	}
	if f.accel != "" && !slices.Contains(accelerators, f.accel) {
		return nil, usageError{fmt.Errorf("no --accel %q; there is %s", f.accel, strings.Join(accelerators, ", "))}
	}
	cache, err := store.DefaultRoot()
	if err != nil {
		return nil, err
	}
	return p.make(where{cache, at, f.target, f.accel, f.own, f.standby})
}

// providerKernels asks the provider for those kernels that are its own, and
// returns the selectors that are for the catalogue.
func providerKernels(ctx context.Context, p vms.Provider, selectors []string) (images []kernel.Image, others []string, err error) {
	r, ok := p.(vms.Resolver)
	if !ok {
		return nil, selectors, nil
	}
	for _, selector := range selectors {
		base, variant, err := kernel.CutVariant(selector)
		if err != nil {
			return nil, nil, kernelError(&kernel.SelectorError{Selector: selector, Problem: "has an unknown variant: " + err.Error()})
		}
		found, mine, err := r.Resolve(ctx, base)
		switch {
		case err != nil:
			return nil, nil, kernelError(err)
		case mine && variant != "":
			return nil, nil, kernelError(&kernel.SelectorError{Selector: selector,
				Problem: fmt.Sprintf("is of %s, which does not choose how it is booted: %s is for kernels that --provider qemu or lxd boots from a file", p.Name(), variant.Suffix())})
		case mine:
			images = append(images, found...)
		default:
			others = append(others, selector)
		}
	}
	return images, others, nil
}
