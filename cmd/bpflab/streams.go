package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/vms/kernel"
)

// streams are the standard streams of a verb.
type streams struct {
	in       io.Reader
	out, err io.Writer

	guests  bool // err belongs to a command in a machine
	quiet   bool // --quiet: no progress and no notes
	verbose bool

	onFailure bool // a shell may be opened below what is shown
}

// guestsStderr annotates the verbs whose standard error belongs to a command in a
// machine.
const guestsStderr = "stderr belongs to a command in a machine"

func streamsOf(cmd *cobra.Command) streams {
	return streams{in: cmd.InOrStdin(), out: cmd.OutOrStdout(), err: cmd.ErrOrStderr(), guests: cmd.Annotations[guestsStderr] != "",
		quiet: isSet(cmd, "quiet"), verbose: isSet(cmd, "verbose")}
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

// note shows on standard error where something is, unless --quiet was given.
func (s streams) note(words ...any) {
	if !s.quiet {
		fmt.Fprintln(s.err, words...)
	}
}

// say shows on standard error what only --verbose asks for.
func (s streams) say(format string, args ...any) {
	if s.verbose {
		fmt.Fprintf(s.err, "bpflab: "+format+"\n", args...)
	}
}

// downloads shows downloads on standard error. Where that is no terminal and belongs
// to a command in a machine, nothing is shown.
func (s streams) downloads() kernel.Progress {
	live := isLive(s.err)
	if s.quiet || s.guests && !live {
		return newProgress(io.Discard, false)
	}
	return newProgress(s.err, live)
}
