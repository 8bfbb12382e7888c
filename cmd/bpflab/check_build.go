package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"

	"github.com/bpflab/bpflab/harness/project"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/child"
)

// buildProject runs what makes a project's objects; its output goes to standard error, and
// nothing that it started outlasts it.
func buildProject(ctx context.Context, std streams, b *project.Build) error {
	if b == nil {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, b.Timeout)
	defer cancel()
	cmd := exec.CommandContext(limited, "sh", "-c", b.Run)
	cmd.Stdout, cmd.Stderr = std.err, std.err
	err := child.Run(cmd)
	switch {
	case ctx.Err() != nil:
		return exitError{verdict.ExitInfra}
	case errors.Is(limited.Err(), context.DeadlineExceeded):
		err = fmt.Errorf("it did not end within %v: give it more `timeout`, or look what it waits for", b.Timeout)
	}
	if err != nil {
		fmt.Fprintf(std.err, "bpflab: build %q: %v\n", b.Run, err)
		return exitError{verdict.ExitFail}
	}
	return nil
}
