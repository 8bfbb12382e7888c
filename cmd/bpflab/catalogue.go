package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/pflag"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
	"github.com/bpflab/bpflab/vms/kernel/local"
)

// lockVariable names a lock file to use instead of ./kernels.lock and the one
// in the binary.
const lockVariable = "BPFLAB_LOCK"

// kernelOrigin is where kernels are fetched from.
type kernelOrigin struct {
	mirrors []string // "[SOURCE=]URL"
	from    string   // directory of `bpflab kernels save`
}

// define defines the flags of every verb that may fetch kernels.
func (o *kernelOrigin) define(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.mirrors, "mirror", nil, "mirror to fetch kernels from: `[SOURCE=]URL`, may be repeated; without a source Debian's, and after a comma its security mirror (default: this machine's apt configuration, else the source's own)")
	flags.StringVar(&o.from, "from", "", "take lock file and packages from a `DIRECTORY` of \"bpflab kernels save\", and no others")
}

// openCatalogue opens the kernels of the user's cache with the lock file in force.
func openCatalogue(shown kernel.Progress, origin kernelOrigin, locked bool) (*catalogue.Catalogue, error) {
	var lock []byte
	var err error
	if origin.from != "" {
		lock, err = catalogue.Saved(origin.from)
		locked = true
	} else {
		lock, err = lockText()
	}
	if err != nil {
		return nil, usageError{err}
	}
	return openCatalogueWith(shown, lock, origin, locked)
}

func openCatalogueWith(shown kernel.Progress, lock []byte, origin kernelOrigin, locked bool) (*catalogue.Catalogue, error) {
	c, err := catalogue.Open(catalogue.Options{Mirrors: origin.mirrors, From: origin.from, Lock: lock, Locked: locked, Progress: shown})
	if err != nil {
		return nil, usageError{err}
	}
	return c, nil
}

// lockText returns the lock file in force: $BPFLAB_LOCK, else ./kernels.lock if
// there is one, else the one in the binary.
func lockText() ([]byte, error) {
	if name := os.Getenv(lockVariable); name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", lockVariable, err)
		}
		return text, nil
	}
	text, err := os.ReadFile("kernels.lock")
	if errors.Is(err, fs.ErrNotExist) {
		return vms.KernelsLock, nil
	}
	return text, err
}

// kernelError makes usage errors of those the user can correct.
func kernelError(err error) error {
	var selector *kernel.SelectorError
	var imported *local.Error
	if errors.As(err, &selector) || errors.As(err, &imported) {
		return usageError{err}
	}
	return err
}
