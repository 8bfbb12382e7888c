//go:build !linux

package main

import (
	"errors"

	"github.com/spf13/cobra"
)

// runAgent is for Linux alone: guests are Linux machines.
func runAgent() bool { return false }

func newAgentCmd() *cobra.Command {
	return &cobra.Command{Use: "agent", Hidden: true, RunE: func(*cobra.Command, []string) error {
		return errors.New("agents are for Linux")
	}}
}
