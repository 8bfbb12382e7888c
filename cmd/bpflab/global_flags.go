package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// defineGlobals defines the flags that mean the same in every verb.
func defineGlobals(flags *pflag.FlagSet) {
	flags.BoolP("quiet", "q", false, "no progress and no notes: results, warnings and errors alone")
	flags.BoolP("verbose", "v", false, "say on standard error what runs the machines, and which kernels")
	flags.Bool("no-color", false, "no colours, as NO_COLOR=1 has it")
}

// isSet reports whether a switch is on.
func isSet(cmd *cobra.Command, name string) bool {
	on, err := cmd.Flags().GetBool(name)
	return err == nil && on
}

// useGlobals does what --no-color and the configuration say.
func useGlobals(cmd *cobra.Command) error {
	if err := configure(cmd); err != nil {
		return err
	}
	if isSet(cmd, "no-color") {
		return os.Setenv("NO_COLOR", "1")
	}
	return nil
}

// isLive reports whether lines may be drawn anew on w: it is a terminal that can do that, and
// no log of a CI system, where every frame would be kept.
func isLive(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("TERM") != "dumb" && !inCI()
}

// inCI reports whether a CI system says that it runs this. All of the common ones set CI.
func inCI() bool {
	ci := os.Getenv("CI")
	return ci != "" && ci != "0" && ci != "false"
}
