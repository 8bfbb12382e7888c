//go:build linux

package main

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// version names this program for what it is.
const version = "1.16.0+bpflab-standin"

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "multipass",
		Short:         "A stand-in for Canonical's multipass, for bpflab's tests",
		Long:          "A stand-in for Canonical's multipass, for bpflab's tests: the part of its\ncommand line that bpflab uses, with guests in QEMU. It is not multipass.",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	d := dir(stateDir())
	root.AddCommand(newLaunch(d), newExec(d), newTransfer(d), newRestart(d), newStop(d), newDelete(d),
		newList(d), newInfo(d), newFind(), newVersion(), newDaemon(d))
	for _, cmd := range root.Commands() {
		asFailures(cmd)
	}
	return root
}

// asFailures makes a subcommand's errors *failure, but for those of its arguments.
func asFailures(cmd *cobra.Command) {
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		err := run(cmd, args)
		if _, ended := err.(exited); err == nil || ended {
			return err
		}
		return &failure{cmd.Name(), err}
	}
}

func stateDir() string {
	if own := os.Getenv("MULTIPASS_STANDIN_DIR"); own != "" {
		return own
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "bpflab-multipass-standin")
}
