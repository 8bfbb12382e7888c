// Package catalogue is what commands know of kernels: it resolves selectors
// through the lock file, the imports and the sources, and fetches what they
// name into the store.
//
// A selector is looked up in the lock file and among the imports first, and
// that needs no network: neither for naming a kernel nor, once it is in the
// store, for getting it. Only a selector that finds nothing there asks the
// sources, unless Options.Locked forbids it.
//
// Errors the user can correct are *kernel.SelectorError and *local.Error;
// those of network and mirrors are, or wrap, *kernel.UnavailableError.
package catalogue

import (
	"context"
	"fmt"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/debian"
	"github.com/bpflab/bpflab/vms/kernel/download"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// Options of Open. The zero value is ready for use, but has no lock file.
type Options struct {
	Cache    string          // directory of the store; "" means store.DefaultRoot
	Mirror   string          // see debian.FindMirrors
	Lock     []byte          // the lock file's text
	Locked   bool            // nothing but the lock file and the imports; what left its mirror is an error
	Progress kernel.Progress // nil: no reports
	Client   download.Client // how to download
	Source   kernel.Source   // instead of Debian, for tests
}

// Catalogue is the kernels known here. Its methods are safe for concurrent
// use.
type Catalogue struct {
	store    *store.Store
	source   kernel.Source
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
	kept, err := store.Open(store.Options{Root: o.Cache, Client: o.Client, Progress: o.Progress})
	if err != nil {
		return nil, err
	}
	source, err := sourceOf(o, kept)
	if err != nil {
		return nil, err
	}
	return &Catalogue{kept, source, lock, o.Locked, o.Progress, make(chan struct{}, unpacksAtOnce)}, nil
}

func sourceOf(o Options, kept *store.Store) (kernel.Source, error) {
	if o.Source != nil {
		return o.Source, nil
	}
	mirrors, err := debian.FindMirrors(o.Mirror)
	if err != nil {
		return nil, err
	}
	return debian.New(debian.Options{Mirrors: mirrors, Blobs: kept, States: kept})
}

// Root returns the directory of the cache.
func (c *Catalogue) Root() string { return c.store.Root() }

// Resolve returns the kernels that the selectors name, in that order, each
// once.
func (c *Catalogue) Resolve(ctx context.Context, selectors []string) ([]kernel.Ref, error) {
	parsed, err := kernel.ParseSelectors(selectors)
	if err != nil {
		return nil, err
	}
	known := c.known()
	var found []kernel.Ref
	for _, s := range parsed {
		refs, err := c.resolve(ctx, s, known)
		if err != nil {
			return nil, err
		}
		found = append(found, refs...)
	}
	return kernel.Unique(found), nil
}

// known returns what needs no network: pinned and imported kernels.
func (c *Catalogue) known() []kernel.Ref {
	return append(append([]kernel.Ref{}, c.lock.Refs...), c.store.Imports()...)
}

func (c *Catalogue) resolve(ctx context.Context, s kernel.Selector, known []kernel.Ref) ([]kernel.Ref, error) {
	refs, err := kernel.Select(s, known)
	if err == nil || c.locked || s.IsLocal() || s.IsAll() && len(known) > 0 {
		return refs, err
	}
	listed, notes, listErr := c.source.List(ctx, s.Range())
	if listErr != nil {
		return nil, fmt.Errorf("kernel %q is neither in the lock file nor to be looked up: %w", s, withHint(listErr))
	}
	for _, note := range notes {
		c.progress.Note(note)
	}
	return kernel.Select(s, append(append([]kernel.Ref{}, known...), listed...))
}

type silent struct{}

func (silent) Bytes(string, int64, int64) {}
func (silent) Note(string)                {}

// Rootfs plans the packages of a Debian release that make a root file system with those
// that are wanted: their plan, and a function that fetches them. Errors are those of
// debian.Source.
func (c *Catalogue) Rootfs(ctx context.Context, release string, wanted []string) (debian.Plan, func() ([]string, error), error) {
	source, ok := c.source.(*debian.Source)
	if !ok {
		return debian.Plan{}, nil, fmt.Errorf("%s has no packages for a root file system", c.source.Name())
	}
	plan, err := source.Plan(ctx, release, wanted)
	return plan, func() ([]string, error) { return source.Install(ctx, plan) }, err
}
