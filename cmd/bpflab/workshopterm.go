package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/workshop"
)

func (f *workshopFlags) inTerminal(ctx context.Context, cmd *cobra.Command, w *workshop.Workshop, lab string) error {
	return errors.New("not there yet")
}
