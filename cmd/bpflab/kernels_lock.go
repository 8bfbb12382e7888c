package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/lease"
)

func (f *kernelFlags) lockCmd() *cobra.Command {
	var file string
	var update bool
	var arch archFlag
	cmd := &cobra.Command{
		Use:   "lock [SELECTOR]...",
		Short: "Pin the newest kernel of each series in the lock file",
		Long: `Write a lock file with the newest kernel of each series that the mirrors have, or
of the named ones alone; the other pins stay as they are. Selectors then stand
for these kernels, by the digests of their packages.

With --update it prints what changed and why: old and new version, size and digest of
each pin, and where the newer package was found. A file in which nothing changed is not
written again.

The file is --file, else $BPFLAB_LOCK, else vms/kernels.lock in bpflab's own
source tree, else kernels.lock in the current directory, where bpflab finds it.`,
		Example: `  bpflab kernels lock
  bpflab kernels lock 6.1 --update
  bpflab kernels lock default ubuntu/22.04 --file ci/kernels.lock`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && len(arch.arches) > 0 {
				args = []string{"all"}
			}
			selectors, err := arch.across(args)
			if err != nil {
				return err
			}
			return f.lock(cmd.Context(), streamsOf(cmd), lockPath(file), selectors, update)
		},
	}
	cmd.Flags().StringVar(&file, "file", "", "lock file to write")
	arch.define(cmd.Flags(), ofKernels+"; without a SELECTOR, each series of these and no other pin")
	cmd.Flags().BoolVar(&update, "update", false, "print what changed and why")
	return cmd
}

func (f *kernelFlags) lock(ctx context.Context, std streams, file string, selectors []string, update bool) error {
	base, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		base, err = lockText()
	}
	if err != nil {
		return usageError{err}
	}
	c, err := f.openWith(std.downloads(), base, f.origin, f.locked)
	if err != nil {
		return err
	}
	lock, notes, err := c.Lock(ctx, selectors)
	if err != nil {
		return kernelError(err)
	}
	if err := needSome(len(lock.Refs), "kernels to pin", "name some, as in: bpflab kernels lock 6.1"); err != nil {
		return err
	}
	printNotes(std.err, notes)
	if update {
		return updateLock(ctx, std.out, c, file, base, lock)
	}
	fmt.Fprintf(std.out, "%d kernels pinned in %s\n", len(lock.Refs), file)
	return writeLock(file, lock)
}

func writeLock(file string, lock kernel.Lock) error {
	text, err := lock.Text()
	if err != nil {
		return err
	}
	return replaceFile(file, text)
}

func lockPath(flag string) string {
	if name := cmp.Or(flag, os.Getenv(lockVariable)); name != "" {
		return name
	}
	own := filepath.Join("vms", "kernels.lock")
	if _, err := os.Stat(own); err == nil {
		return own
	}
	return "kernels.lock"
}

// replaceFile writes a file whole or not at all.
func replaceFile(name string, text []byte) error {
	f, err := lease.CreateTemp(filepath.Dir(name), ".kernels.lock-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err := errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
