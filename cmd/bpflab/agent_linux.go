package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/guest"
)

// runAgent serves as guest agent if this process is PID 1 of a machine of
// bpflab's; it does not return then. Elsewhere (a container whose PID 1
// happens to be bpflab) there is no stream on the kernel's command line.
func runAgent() bool {
	if os.Getpid() != 1 || os.Args[0] != "/init" {
		return false
	}
	guest.Init()
	return true
}

// newAgentCmd returns the verb that providers start in machines that they did not boot.
func newAgentCmd() *cobra.Command {
	var private bool
	cmd := &cobra.Command{
		Use:    "agent",
		Short:  "Serve as guest agent on standard input and output, until they end",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			serve := guest.Serve
			if private {
				serve = guest.ServePrivate
			}
			if err := serve(stdio{}); err != nil {
				return fmt.Errorf("agent: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&private, "private", false, "on a kernel that others use too, as PID 1 of namespaces of its own")
	return cmd
}

// stdio is the stream to a provider that holds both ends of our standard
// input and output.
type stdio struct{}

func (stdio) Read(b []byte) (int, error)  { return os.Stdin.Read(b) }
func (stdio) Write(b []byte) (int, error) { return os.Stdout.Write(b) }

var _ io.ReadWriter = stdio{}
