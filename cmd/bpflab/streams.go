package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/vms/kernel"
)

// streams are the standard streams of a verb.
type streams struct {
	in       io.Reader
	out, err io.Writer

	guests bool // err belongs to a command in a machine
}

// guestsStderr annotates the verbs whose standard error belongs to a command in a
// machine.
const guestsStderr = "stderr belongs to a command in a machine"

func streamsOf(cmd *cobra.Command) streams {
	return streams{in: cmd.InOrStdin(), out: cmd.OutOrStdout(), err: cmd.ErrOrStderr(), guests: cmd.Annotations[guestsStderr] != ""}
}

// beside returns where a verb shows what is for people: standard output, or standard
// error if a report goes to standard output ("-").
func (s streams) beside(reports ...string) io.Writer {
	for _, name := range reports {
		if name == "-" {
			return s.err
		}
	}
	return s.out
}

// downloads shows downloads on standard error. Where that is no terminal and belongs
// to a command in a machine, nothing is shown.
func (s streams) downloads() kernel.Progress {
	live := isTerminal(s.err)
	if s.guests && !live {
		return newProgress(io.Discard, false)
	}
	return newProgress(s.err, live)
}
