// Package catalogue is what commands know of kernels: it resolves selectors
// through the lock file, the imports and the sources, and fetches what they
// name into the store.
//
// A selector is looked up in the lock file and among the imports first, and
// that needs no network: neither for naming a kernel nor, once it is in the
// store, for getting it. Only a selector that finds nothing there asks a
// source, unless Options.Locked forbids it, and only the sources that it is for.
//
// Errors the user can correct are *kernel.SelectorError and *local.Error;
// those of network and mirrors are, or wrap, *kernel.UnavailableError.
package catalogue

import (
	"context"
	"errors"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/debian"
	"github.com/bpflab/bpflab/vms/kernel/download"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// Options of Open. The zero value is ready for use, but has no lock file.
type Options struct {
	Cache    string          // directory of the store; "" means store.DefaultRoot
	Mirrors  []string        // "SOURCE=URL"; a URL alone is for Debian (debian.FindMirrors)
	Lock     []byte          // the lock file's text
	From     string          // directory that Save has filled, with packages; "" for none
	Locked   bool            // nothing but the lock file and the imports; what left its mirror is an error
	Progress kernel.Progress // nil: no reports
	Client   download.Client // how to download
	Sources  []kernel.Source // instead of all there are, for tests
}

// Catalogue is the kernels known here. Its methods are safe for concurrent
// use.
type Catalogue struct {
	store    *store.Store
	sources  sources
	lock     kernel.Lock
	locked   bool
	progress kernel.Progress
	unpacks  chan struct{} // one token for each kernel being unpacked
}

// unpacksAtOnce bounds the memory that decompression takes: up to 130 MB a
// kernel, for what is packed with zstd at its best.
const unpacksAtOnce = 1

// Open returns the catalogue. It reads the lock file and contacts nobody.
func Open(o Options) (*Catalogue, error) {
	lock, err := kernel.ParseLock(o.Lock)
	if err != nil {
		return nil, err
	}
	if o.Progress == nil {
		o.Progress = silent{}
	}
	kept, err := store.Open(store.Options{Root: o.Cache, Packages: packagesIn(o.From), Client: o.Client, Progress: o.Progress})
	if err != nil {
		return nil, err
	}
	all, err := openSources(o, kept)
	if err != nil {
		return nil, err
	}
	return &Catalogue{kept, all, lock, o.Locked, o.Progress, make(chan struct{}, unpacksAtOnce)}, nil
}

// Root returns the directory of the cache.
func (c *Catalogue) Root() string { return c.store.Root() }

type silent struct{}

func (silent) Bytes(string, int64, int64) {}
func (silent) Note(string)                {}

// Rootfs plans the packages of a Debian release that make a root file system of an architecture with
// those that are wanted: their plan, and a function that fetches them. Errors are those of
// debian.Source.
func (c *Catalogue) Rootfs(ctx context.Context, release string, arch kernel.Arch, wanted []string) (debian.Plan, func() ([]string, error), error) {
	found, _ := c.sources.named(kernel.Debian)
	source, ok := found.(*debian.Source)
	if !ok {
		return debian.Plan{}, nil, errors.New("there is no source of packages for a root file system")
	}
	plan, err := source.Plan(ctx, release, arch, wanted)
	return plan, func() ([]string, error) { return source.Install(ctx, plan) }, err
}
