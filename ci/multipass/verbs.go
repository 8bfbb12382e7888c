//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/spf13/cobra"
)

// errLost is a guest that went away during a call; ssh's exit code for
// that is sshLost.
var errLost = errors.New("the connection to the guest is lost")

const sshLost = 255

func notRunning(name string) error { return fmt.Errorf("instance %q is not running", name) }

func newExec(d dir) *cobra.Command {
	return &cobra.Command{
		Use:   "exec <name> [--] <command>",
		Short: "Run a command in an instance",
		Args:  cobra.MinimumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			i, err := d.existing(args[0])
			if err != nil {
				return err
			}
			end, err := i.ask(request{Op: "exec", Argv: args[1:]}, os.Stdin)
			switch {
			case errors.Is(err, errLost):
				return exited(sshLost)
			case err != nil:
				return err
			case end.Error != "":
				fmt.Fprintln(os.Stderr, end.Error)
			}
			if end.Exit != 0 {
				return exited(end.Exit)
			}
			return nil
		},
	}
}

func newTransfer(d dir) *cobra.Command {
	return &cobra.Command{
		Use:   "transfer - <name>:<path>",
		Short: "Write standard input to a file in an instance",
		Args:  cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			name, to, ok := strings.Cut(args[1], ":")
			if args[0] != "-" || !ok {
				return errors.New("the stand-in transfers standard input into an instance, and nothing else")
			}
			i, err := d.existing(name)
			if err != nil {
				return err
			}
			if !path.IsAbs(to) {
				to = path.Join("/root", to)
			}
			return done(i.ask(request{Op: "put", Path: to}, os.Stdin))
		},
	}
}

func newRestart(d dir) *cobra.Command {
	return &cobra.Command{
		Use:   "restart <name>",
		Short: "Restart an instance",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			i, err := d.existing(args[0])
			if err != nil {
				return err
			}
			return done(i.ask(request{Op: "restart"}, nil))
		},
	}
}

// done returns the error of an end, or that there was none.
func done(end reply, err error) error {
	if err == nil && end.Error != "" {
		return errors.New(end.Error)
	}
	return err
}

func newStop(d dir) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stop <name>",
		Short: "Stop an instance, at once; the stand-in cannot start it again",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			i, err := d.existing(args[0])
			if err != nil {
				return err
			}
			return i.kill()
		},
	}
	cmd.Flags().Bool("force", false, "at once, as always")
	return cmd
}

func newDelete(d dir) *cobra.Command {
	var purge bool
	cmd := &cobra.Command{
		Use:   "delete --purge <name>",
		Short: "Delete an instance for good",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if !purge {
				return errors.New("the stand-in deletes with --purge alone")
			}
			i, err := d.existing(args[0])
			if err != nil {
				return err
			}
			if err := i.kill(); err != nil {
				return err
			}
			return os.RemoveAll(string(i))
		},
	}
	cmd.Flags().BoolVarP(&purge, "purge", "p", false, "for good")
	return cmd
}
