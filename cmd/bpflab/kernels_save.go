package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (f *kernelFlags) saveCmd() *cobra.Command {
	var arch archFlag
	cmd := &cobra.Command{
		Use:   "save DIRECTORY|FILE.tar [SELECTOR]...",
		Short: "Save a lock file and its packages for machines without a network",
		Long: `Write a lock file of the named kernels (the default ones, if none is named) and their
packages into a directory or a tar archive. Every verb that boots kernels takes them
from there with --from DIRECTORY, and needs no network then.`,
		Example: `  bpflab kernels save /media/usb default ubuntu/22.04
  bpflab run hello --from /media/usb`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.open(streamsOf(cmd))
			if err != nil {
				return err
			}
			selectors := args[1:]
			if len(selectors) == 0 {
				selectors = []string{"default"}
			}
			if selectors, err = arch.across(selectors); err != nil {
				return err
			}
			lock, err := c.Save(cmd.Context(), selectors, args[0])
			if err != nil {
				return kernelError(err)
			}
			for _, ref := range lock.Refs {
				fmt.Fprintf(cmd.OutOrStdout(), "%s\t%s\t%s\n", ref.Label(), ref.Release, size(ref.Size()))
			}
			return nil
		},
	}
	arch.define(cmd.Flags(), ofKernels)
	return cmd
}
