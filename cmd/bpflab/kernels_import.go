package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
	"github.com/bpflab/bpflab/vms/kernel/local"
)

func (f *kernelFlags) importCmd() *cobra.Command {
	var what catalogue.Import
	var watch bool
	var arch archFlag
	cmd := &cobra.Command{
		Use:   "import PATH",
		Short: "Take a bzImage, a vmlinux, a .deb or a tree of Linux into the cache",
		Long: `Take a kernel into the cache: a bzImage, a vmlinux, a .deb, or the directory in which
Linux was built, with its configuration and the modules that modules.order names.
With --watch, a tree is taken in again each time its image was built anew, until
Ctrl-C; what was there before under the name is removed.`,
		Example: `  bpflab kernels import ~/linux --name mine --watch
  bpflab kernels import /boot/vmlinuz-5.4.0 --modules /lib/modules/5.4.0`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(arch.arches) > 1 {
				return usageError{fmt.Errorf("a kernel is of one architecture, and --arch names %d", len(arch.arches))}
			}
			if len(arch.arches) == 1 {
				what.Arch = arch.arches[0]
			}
			c, err := f.open(streamsOf(cmd))
			if err != nil {
				return err
			}
			what.Path, what.Replace = args[0], watch
			if watch {
				return watchTree(cmd.Context(), cmd.OutOrStdout(), c, what)
			}
			return kernelError(importInto(cmd.Context(), cmd.OutOrStdout(), c, what))
		},
	}
	cmd.Flags().StringVar(&what.Modules, "modules", "", "its modules: lib/modules/RELEASE or a directory that holds it")
	cmd.Flags().StringVar(&what.Name, "name", "", "name it local:NAME (default: its release)")
	arch.define(cmd.Flags(), "that it must be for")
	cmd.Flags().BoolVar(&watch, "watch", false, "import a tree again each time its image was built anew")
	return cmd
}

func importInto(ctx context.Context, out io.Writer, c *catalogue.Catalogue, what catalogue.Import) error {
	ref, err := c.Import(ctx, what)
	if err == nil {
		what := ref.Release
		if !ref.Arch.Is(kernel.AMD64) {
			what += " for " + string(ref.Arch)
		}
		fmt.Fprintf(out, "imported %s as %s; use it with --kernel %s\n", what, ref.Label(), ref.Label())
	}
	return err
}

// watchEvery is how often a tree is looked at.
const watchEvery = time.Second

// watchTree imports a tree, and again each time its image is a new one, until ctx ends. A
// build in progress, or one that failed, is no reason to stop.
func watchTree(ctx context.Context, out io.Writer, c *catalogue.Catalogue, what catalogue.Import) error {
	if !local.IsTree(what.Path) {
		return usageError{fmt.Errorf("--watch is for a tree in which Linux is built, and %s is none", what.Path)}
	}
	var imported, before stamp
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		now := stampOf(local.TreeImage(what.Path))
		if now != imported && now == before {
			imported = now
			if err := importInto(ctx, out, c, what); err != nil && ctx.Err() == nil {
				fmt.Fprintln(out, "not imported:", err)
			}
		}
		before = now
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
