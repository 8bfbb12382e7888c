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

// openCatalogue opens the kernels of the user's cache with the lock file in force.
func openCatalogue(shown kernel.Progress, mirrors []string, locked bool) (*catalogue.Catalogue, error) {
	lock, err := lockText()
	if err != nil {
		return nil, usageError{err}
	}
	return openCatalogueWith(shown, lock, mirrors, locked)
}

func openCatalogueWith(shown kernel.Progress, lock []byte, mirrors []string, locked bool) (*catalogue.Catalogue, error) {
	c, err := catalogue.Open(catalogue.Options{Mirrors: mirrors, Lock: lock, Locked: locked, Progress: shown})
	if err != nil {
		return nil, usageError{err}
	}
	return c, nil
}

// defineMirrors defines the flag of every verb that may fetch kernels.
func defineMirrors(flags *pflag.FlagSet, mirrors *[]string) {
	flags.StringArrayVar(mirrors, "mirror", nil, "mirror to fetch kernels from: `[SOURCE=]URL`, may be repeated; without a source Debian's, and after a comma its security mirror (default: this machine's apt configuration, else the source's own)")
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
