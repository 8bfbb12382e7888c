// Command bpflab is a reproducible lab and test harness for eBPF across Linux
// kernels. As PID 1 of a machine it is that machine's guest agent.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/lease"
)

func main() {
	if runAgent() {
		return
	}
	code := execute(os.Args[1:], os.Stdout, os.Stderr)
	endKept()
	os.Exit(code)
}

// execute runs a command line and returns the exit code. The first Ctrl-C cancels the
// context, so that everything cleans up; the second one kills.
func execute(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop)
	if !completes(args) {
		lease.Sweep("", lease.Prefix)
	}
	root := newRootCmd()
	root.SetArgs(completeJSON(root, args))
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil && !errors.Is(err, errReported) {
		fmt.Fprintln(stderr, "bpflab:", err)
	}
	return exitCode(err)
}

// exitCode returns the code of the command's contract for an error.
func exitCode(err error) int {
	var usage usageError
	var coded exitError
	switch {
	case err == nil:
		return verdict.ExitOK
	case errors.As(err, &coded):
		return coded.code
	case errors.As(err, &usage):
		return verdict.ExitUsage
	}
	return verdict.ExitInfra
}

// usageError is the user's: a flag, a name or a document that is wrong.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// errReported is an error that was shown already.
var errReported = errors.New("reported")

// exitError ends the command with a code and without a word; what there was
// to say has been said.
type exitError struct{ code int }

func (e exitError) Error() string   { return fmt.Sprintf("exit status %d", e.code) }
func (e exitError) Is(t error) bool { return t == errReported }

// exitWith returns what ends the command with a code.
func exitWith(code int) error {
	if code == verdict.ExitOK {
		return nil
	}
	return exitError{code}
}

func newRootCmd() *cobra.Command {
	root := &cobra.Command{
		Use:   "bpflab",
		Short: "Run eBPF labs and tests on many Linux kernels",
		Long: `bpflab boots real Linux kernels, loads eBPF programs in them, runs workloads and
checks what the programs printed, counted and dropped, and what the verifier said.

Begin with:
  bpflab run hello          the first lab on the default kernels
  bpflab doctor             what is missing on this machine`,
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Example: `  bpflab run hello --kernel 6.1,latest
  bpflab verify prog.o --kernel all
  bpflab exec --kernel 6.1 -- uname -r`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if isSet(cmd, "verbose") { // -v alone was the version's, and still is
				_, err := fmt.Fprintln(cmd.OutOrStdout(), "bpflab version", version)
				return err
			}
			return cmd.Help()
		},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return useGlobals(cmd) },
	}
	defineGlobals(root.PersistentFlags())
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(newHelpCmd())
	root.AddCommand(newRunCmd(), newExecCmd(), newTestCmd(), newShellCmd(), newWorkshopCmd(), newReportCmd(), newReplayCmd(), newBisectCmd(), newCICmd(), newVerifyCmd(), newCheckCmd(), newInitCmd(), newFeaturesCmd(), newLimitsCmd(), newLabsCmd(), newKernelsCmd(), newVMsCmd(), newStandbyCmd(), newDoctorCmd(), newConfigCmd(), newVersionCmd(), newCompletionCmd(), newDescribeCmd())
	addAliases(root)
	refuseEmpty(root)
	completeWords(root)
	wrapArgs(root)
	return root
}

// wrapArgs makes usage errors of every command's argument errors.
func wrapArgs(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usageError{withUsage(c, args, err)}
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		wrapArgs(sub)
	}
}
