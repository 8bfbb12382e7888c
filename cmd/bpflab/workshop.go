package main

import (
	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/workshop"
)

// workshopFlags are the flags of `bpflab workshop`.
type workshopFlags struct {
	machines runFlags // kernels, provider, mirror, locked
	lab      string
	web      bool
	serve    string
	class    string
	dir      string
	watch    bool // students' files are edited by other programs
	limits   workshop.Limits
	memory   sizeFlag
}

func newWorkshopCmd() *cobra.Command {
	var f workshopFlags
	return f.command()
}

func (f *workshopFlags) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "workshop [LAB]",
		Short: "Take the course step by step, in the terminal or in a browser",
		Args:  cobra.MaximumNArgs(1),
		RunE:  f.run,
	}
	f.define(cmd)
	return cmd
}

func (f *workshopFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.machines.kernels, "kernel", nil, "kernels: the first is yours, the others are to compare with (default: the newest, and those of `run`)")
	flags.StringVar(&f.machines.provider.name, "provider", defaultProvider, "what runs the machines")
	flags.StringVar(&f.machines.mirror, "mirror", "", "Debian mirror to fetch kernels from")
	flags.BoolVar(&f.machines.locked, "locked", false, "fail if a pinned kernel is no longer to be had")
}

func (f *workshopFlags) run(cmd *cobra.Command, args []string) error {
	return nil
}
