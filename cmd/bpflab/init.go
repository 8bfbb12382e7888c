package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/project"
)

func newInitCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a first bpflab.yaml for a project",
		Long: `Write a first bpflab.yaml for a project, of the eBPF objects that are there, and of what
its Makefile and its bpf2go make. A file that is there is not changed.`,
		Example: "  bpflab init\n  bpflab check",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return initProject(streamsOf(cmd), dir)
		},
	}
}

// initProject writes the project's file of a directory.
func initProject(std streams, dir string) error {
	text, err := project.Draft(os.DirFS(dir))
	if errors.Is(err, project.ErrNothing) {
		return usageError{fmt.Errorf("%s has %w: build it first, or write %s by docs/check.md", dir, err, project.FileName)}
	}
	if err != nil {
		return usageError{fmt.Errorf("%s: %w", dir, err)}
	}
	file := filepath.Join(dir, project.FileName)
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return usageError{fmt.Errorf("%s is there: `bpflab check` reads it; remove it for a new one", file)}
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	fmt.Fprintf(std.err, "%s is written; look at it, then: bpflab check\n", file)
	return nil
}
