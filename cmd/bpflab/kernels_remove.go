package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/vms/kernel"
)

func (f *kernelFlags) removeCmd() *cobra.Command {
	var arch archFlag
	cmd := &cobra.Command{
		Use:   "remove SELECTOR...",
		Short: "Remove some kernels from the cache: pinned ones and imports",
		Long: `Remove kernels with their packages and templates from the cache. A pinned one is fetched
again when it is needed; an import is gone, and only where it is named. Machines that run are not disturbed. What is
neither pinned nor imported goes with bpflab kernels prune.`,
		Example: `  bpflab kernels remove 6.1
  bpflab kernels remove local:mine`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := openCatalogue(streamsOf(cmd).downloads(), f.origin, true) // what is to go is not looked for elsewhere
			if err != nil {
				return err
			}
			refs, err := arch.resolve(cmd.Context(), c, args)
			if err != nil {
				return err
			}
			for _, ref := range refs {
				if ref.Source == kernel.Local && !namesImport(args) { // it could not be had again
					continue
				}
				before := c.Size()
				templates, err := pruneTemplates(map[string]bool{ref.Package().SHA256: true})
				if err = errors.Join(err, c.Remove(cmd.Context(), ref)); err != nil {
					return kernelError(err)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s\t%s\t%s freed\n", ref.Label(), ref.Release, size(before-c.Size()+templates))
			}
			return nil
		},
		ValidArgsFunction: asKernels,
	}
	arch.define(cmd.Flags(), ofKernels)
	return cmd
}

// namesImport reports whether one of some selectors is that of an import.
func namesImport(selectors []string) bool {
	return slices.ContainsFunc(selectors, func(s string) bool { return strings.HasPrefix(s, kernel.Local+":") })
}
