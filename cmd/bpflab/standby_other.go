//go:build !linux

package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
)

func newStandbyCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "standby",
		Short: "Hold machines that other verbs take over at once",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return usageError{errors.New("a standby holds machines of QEMU, which bpflab starts on Linux only")}
		},
	}
}

func checkStandby(context.Context) finding {
	return finding{Name: "standby", State: stateOK, Detail: "it holds machines of QEMU, which bpflab starts on Linux only"}
}

func holdMachines(*providerFlags, string) (release func()) { return func() {} }
