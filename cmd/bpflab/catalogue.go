package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
	"github.com/bpflab/bpflab/vms/kernel/local"
)

// lockVariable names a lock file to use instead of ./kernels.lock and the one
// in the binary.
const lockVariable = "BPFLAB_LOCK"

// openCatalogue opens the kernels of the user's cache with the lock file in
// force, and shows downloads on standard error.
func openCatalogue(cmd *cobra.Command, mirror string, locked bool) (*catalogue.Catalogue, error) {
	text, err := lockText()
	if err != nil {
		return nil, usageError{err}
	}
	return openCatalogueWith(cmd, text, mirror, locked)
}

func openCatalogueWith(cmd *cobra.Command, lock []byte, mirror string, locked bool) (*catalogue.Catalogue, error) {
	return openCatalogueShown(downloadsOf(cmd), lock, mirror, locked)
}

// downloadsOf shows downloads on the command's standard error. Where that is no
// terminal and belongs to a command that runs in machines, it shows nothing.
func downloadsOf(cmd *cobra.Command) kernel.Progress {
	out := cmd.ErrOrStderr()
	live := isTerminal(out)
	if cmd.Annotations[commandsOwnStderr] != "" && !live {
		out = io.Discard
	}
	return newProgress(out, live)
}

// commandsOwnStderr annotates the verbs whose standard error is that of a command in a
// machine.
const commandsOwnStderr = "stderr is the command's"

func openCatalogueShown(shown kernel.Progress, lock []byte, mirror string, locked bool) (*catalogue.Catalogue, error) {
	c, err := catalogue.Open(catalogue.Options{Mirror: mirror, Lock: lock, Locked: locked, Progress: shown})
	if err != nil {
		return nil, usageError{err}
	}
	return c, nil
}

// lockText is the lock file in force: $BPFLAB_LOCK, else ./kernels.lock if
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
