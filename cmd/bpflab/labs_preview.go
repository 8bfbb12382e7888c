package main

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/workshop"
)

func newLabsPreviewCmd() *cobra.Command {
	f := workshopFlags{web: true, students: 1, limits: workshop.Limits{Machines: usualMachines, Idle: usualIdle}}
	cmd := &cobra.Command{
		Use:   "preview PATH",
		Short: "Show a lab of your own as students see it, in a browser",
		Long: `Show a lab as students see it, in a browser on this machine. Each time the document or a
C file is saved, the page offers to load it again, and mistakes are printed here. What you
do as a student is forgotten at the end.`,
		Example: `  bpflab labs preview my-lab`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.given = givenOf(cmd.Flags())
			return f.preview(cmd, args[0])
		},
	}
	f.defineMachines(cmd.Flags())
	return cmd
}

// preview serves the page for one lab, with a student's files in a temporary directory.
func (f *workshopFlags) preview(cmd *cobra.Command, path string) error {
	dir, err := os.MkdirTemp("", "bpflab-preview-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if path, err = filepath.Abs(path); err != nil {
		return err
	}
	f.dir, f.forgets = dir, true
	return f.do(cmd.Context(), streamsOf(cmd), []string{path})
}
